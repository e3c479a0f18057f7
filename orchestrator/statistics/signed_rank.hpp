#pragma once

#include <optional>
#include <span>

#include "orchestrator/statistics/interval.hpp"

namespace elytractl::statistics {

// Wilcoxon's signed-rank test that the differences lie symmetrically around 0, on both sides.
// Exact, with ties too, up to a hundred differences that are not 0, which do not count; approximate
// beyond.
double signed_rank_p_value(std::span<const double> differences);

// The median of the means of all pairs of differences, each with itself too (Hodges and Lehmann).
// Requires: at least one difference.
double hodges_lehmann(std::span<const double> differences);

// The values that the signed-rank test does not reject. None where the differences are too few for
// the confidence: 6 are the fewest for 95 %.
std::optional<Interval> hodges_lehmann_interval(std::span<const double> differences,
                                                double confidence = 0.95);

}  // namespace elytractl::statistics
