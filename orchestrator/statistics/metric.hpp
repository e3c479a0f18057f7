#pragma once

#include <string_view>

namespace elytractl::statistics {

enum class Better { higher, lower };

// Of all metrics of a result only throughput is better when there is more of it; the others are
// times, shares of failures and costs.
constexpr Better better_of(std::string_view metric) {
    return metric == "throughput" ? Better::higher : Better::lower;
}

}  // namespace elytractl::statistics
