#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace elytractl::statistics {

// Twice the rank of each value, 2 for the smallest; equal values share the mean of their ranks,
// which doubling keeps whole.
std::vector<std::uint32_t> doubled_ranks(std::span<const double> values);

}  // namespace elytractl::statistics
