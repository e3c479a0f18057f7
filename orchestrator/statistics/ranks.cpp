#include "orchestrator/statistics/ranks.hpp"

#include <algorithm>
#include <numeric>

namespace elytractl::statistics {

std::vector<std::uint32_t> doubled_ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t index) { return values[index]; });
    std::vector<std::uint32_t> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
        const auto shared = static_cast<std::uint32_t>(first + last + 2);
        for (std::size_t place = first; place <= last; ++place) ranks[order[place]] = shared;
        first = last + 1;
    }
    return ranks;
}

}  // namespace elytractl::statistics
