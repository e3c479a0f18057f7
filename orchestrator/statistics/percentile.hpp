#pragma once

#include <cstdint>
#include <optional>

namespace elytractl::statistics {

// Ranks from 1 of two samples between which the true quantile lies with the confidence asked for.
struct RankInterval {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

// Of the `quantile` (0 to 1) of `count` samples, whatever their distribution: how many of them lie
// below the true quantile is binomial. None where the samples are too few to bound it on both
// sides. A histogram gives the latency of a rank as at({rank, count}). Requires: 0 < quantile < 1.
std::optional<RankInterval> quantile_interval(std::uint64_t count, double quantile,
                                              double confidence = 0.95);

}  // namespace elytractl::statistics
