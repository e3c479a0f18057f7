#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/int.hpp"

namespace elytra::bench {

// A share of all samples as a ratio: {99, 100} is the 99th percentile. numerator <= denominator.
struct Quantile {
    std::uint64_t numerator;
    std::uint64_t denominator;
};

// Counts latencies in the layout of HdrHistogram: 1 us to 1 h, three significant digits. Classes
// are 1 us wide up to 2047 us, and from there on double their width with every doubling of the
// value, so that a class is never wider than a thousandth of what it holds. Memory reaches up to
// the highest class in use, 184 KiB at most; adding two histograms gives the histogram of all their
// samples.
class LatencyHistogram {
public:
    static constexpr std::uint64_t value_min = 1;
    static constexpr std::uint64_t value_max = 3'600'000'000;
    static constexpr std::uint32_t significant_digits = 3;

    // Values outside the range count as the nearest one inside.
    void record_microseconds(std::uint64_t microseconds) { add(microseconds, 1); }

    void add(std::uint64_t microseconds, std::uint64_t count);

    void merge(const LatencyHistogram& other);

    std::uint64_t count() const { return count_; }

    // The extremes as recorded, not rounded to classes; 0 without samples.
    std::uint64_t min() const { return count_ == 0 ? 0 : min_; }

    std::uint64_t max() const { return max_; }

    std::uint64_t mean() const;

    // The smallest recorded latency that `quantile` of all samples do not exceed, rounded up to the
    // end of its class; 0 without samples.
    std::uint64_t at(Quantile quantile) const;

    // Whether enough samples lie above the quantile, ten, to call it measured.
    bool supports(Quantile quantile) const;

    // The classes from the lowest one to the highest that is not empty.
    std::span<const std::uint64_t> classes() const;

    // The smallest value of a class. Requires: a class of this layout.
    static std::uint64_t class_begin(std::size_t index);

    static std::size_t class_of(std::uint64_t microseconds);

    static std::size_t class_count();

    bool operator==(const LatencyHistogram&) const = default;

private:
    std::vector<std::uint64_t> counts_;  // up to the class of max_
    std::uint64_t count_ = 0;
    u128 sum_ = 0;
    std::uint64_t min_ = UINT64_MAX;
    std::uint64_t max_ = 0;
};

}  // namespace elytra::bench
