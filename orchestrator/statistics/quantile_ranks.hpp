#pragma once

#include <cstdint>
#include <optional>

namespace elytractl::statistics {

// Places among samples in ascending order, from 1.
struct QuantileRanks {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    bool operator==(const QuantileRanks&) const = default;
};

// Between which of `count` samples the quantile `share` of what they were drawn from lies, in the
// share `confidence` of all such draws. How many samples lie below the quantile is binomial
// whatever their distribution is, so that nothing is assumed of it, but that the samples do not
// depend on one another: where they do, as latencies within one run, the true interval is wider.
// None where the samples are too few for one of the ends. Requires: share and confidence between 0
// and 1, exclusively.
std::optional<QuantileRanks> quantile_ranks(std::uint64_t count, double share,
                                            double confidence = 0.95);

}  // namespace elytractl::statistics
