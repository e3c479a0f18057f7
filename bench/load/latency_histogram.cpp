#include "bench/load/latency_histogram.hpp"

#include <algorithm>
#include <bit>

#include "server/common/assert.hpp"

namespace elytra::bench {
namespace {

// 2048 steps of one unit are the fewest, as a power of two, that tell 1999 from 2000: three digits.
constexpr int steps_bits = 11;
constexpr std::uint64_t steps = 1U << steps_bits;
constexpr std::uint64_t steps_half = steps / 2;

// How often values up to `value` have outgrown the 2048 steps: their class is 2^octave units wide.
constexpr int octave_of(std::uint64_t value) {
    return static_cast<int>(std::bit_width(value | (steps - 1))) - steps_bits;
}

constexpr std::size_t index_of(std::uint64_t value) {
    const int octave = octave_of(value);
    // The lower half of the steps of every octave but the first is covered by the octave before.
    return static_cast<std::size_t>(octave) * steps_half +
           static_cast<std::size_t>(value >> octave);
}

constexpr int octaves = octave_of(LatencyHistogram::value_max) + 1;
constexpr std::size_t classes_max = (static_cast<std::size_t>(octaves) + 1) * steps_half;

static_assert(octaves == 22 && classes_max == 23552, "the layout of 1 us to 1 h, three digits");
static_assert(index_of(2047) == 2047 && index_of(2048) == 2048 && index_of(2049) == 2048);

std::uint64_t clamp_to_range(std::uint64_t microseconds) {
    return std::clamp(microseconds, LatencyHistogram::value_min, LatencyHistogram::value_max);
}

}  // namespace

std::size_t LatencyHistogram::class_count() { return classes_max; }

std::size_t LatencyHistogram::class_of(std::uint64_t microseconds) {
    return index_of(clamp_to_range(microseconds));
}

std::uint64_t LatencyHistogram::class_begin(std::size_t index) {
    ELYTRA_ASSERT(index <= classes_max);  // one past the last gives the end of the last
    if (index < steps) return index;
    const std::size_t octave = index / steps_half - 1;
    return (index - octave * steps_half) << octave;
}

void LatencyHistogram::add(std::uint64_t microseconds, std::uint64_t count) {
    if (count == 0) return;
    const std::uint64_t value = clamp_to_range(microseconds);
    const std::size_t index = index_of(value);
    if (index >= counts_.size()) counts_.resize(index + 1);
    counts_[index] += count;
    count_ += count;
    sum_ += static_cast<u128>(value) * count;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
    if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t index = 0; index < other.counts_.size(); ++index)
        counts_[index] += other.counts_[index];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

std::uint64_t LatencyHistogram::mean() const {
    return count_ == 0 ? 0 : narrow<std::uint64_t>(sum_ / count_);
}

std::uint64_t LatencyHistogram::at(Quantile quantile) const {
    ELYTRA_ASSERT(quantile.numerator <= quantile.denominator);
    if (count_ == 0) return 0;
    const u128 product = static_cast<u128>(count_) * quantile.numerator;
    const u128 rank =
        std::max<u128>((product + quantile.denominator - 1) / quantile.denominator, 1);
    u128 seen = 0;
    for (std::size_t index = class_of(min_); index < counts_.size(); ++index) {
        seen += counts_[index];
        if (seen >= rank) return std::min(class_begin(index + 1) - 1, max_);
    }
    return max_;
}

bool LatencyHistogram::supports(Quantile quantile) const {
    const u128 above = static_cast<u128>(count_) * (quantile.denominator - quantile.numerator);
    return above >= static_cast<u128>(10) * quantile.denominator;
}

std::span<const std::uint64_t> LatencyHistogram::classes() const { return counts_; }

}  // namespace elytra::bench
