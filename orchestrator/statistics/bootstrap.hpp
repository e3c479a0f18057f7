#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "orchestrator/statistics/interval.hpp"

namespace elytractl::statistics {

// Fewer runs have no interval worth printing; their values are shown themselves.
inline constexpr std::size_t bootstrap_values_min = 5;

enum class Location : std::uint8_t { mean, median };

// The bias-corrected and accelerated bootstrap interval (Efron 1987) of the location of values that
// do not depend on one another: one per run, never samples of the same run. Always with the same
// seed. None for fewer than bootstrap_values_min values.
std::optional<Interval> bootstrap_interval(std::span<const double> values, Location location,
                                           double confidence = 0.95);

}  // namespace elytractl::statistics
