#include "bench/load/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "server/common/assert.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {
namespace {

using Expected = SineRate::Expected;

constexpr int unit_bits = SineRate::unit_bits;

// The mean rate times the duration. What is lost by rounding is a 2^24th of an event a stretch.
Expected expected_in(const RateStretch& stretch) {
    const Expected rates = static_cast<Expected>(stretch.rate_begin) + stretch.rate_end;
    return ((rates * stretch.nanoseconds) << unit_bits) / (2 * nanoseconds_per_second);
}

// With the rate b at the begin, e at the end and the duration d, n events are expected by t where
// n = b t + (e - b) t^2 / 2d. This form of the solution has no difference of large numbers. Its
// operations are exact to the last bit on every machine.
std::uint64_t time_of_linear(const RateStretch& stretch, Expected expected) {
    const double events = std::ldexp(static_cast<double>(expected), -unit_bits);
    const double begin = static_cast<double>(stretch.rate_begin) / nanoseconds_per_second;
    const double end = static_cast<double>(stretch.rate_end) / nanoseconds_per_second;
    double time = 0;
    if (stretch.rate_begin == stretch.rate_end) {
        time = events / begin;
    } else if (events > 0) {
        const double slope = (end - begin) / static_cast<double>(stretch.nanoseconds);
        const double root = std::sqrt(std::max(begin * begin + 2 * slope * events, 0.0));
        time = 2 * events / (begin + root);
    }
    return std::min(static_cast<std::uint64_t>(time), stretch.nanoseconds);
}

}  // namespace

Arrivals::Arrivals(const ArrivalOptions& options, std::uint64_t seed, Share share)
    : stretches_(options.stretches),
      process_(options.process),
      generators_(share.count),
      gaps_(std::uint64_t{1} << unit_bits),
      prng_(Prng(seed).split(std::uint64_t{share.step} << 32 | share.index)) {
    ELYTRA_ASSERT(share.index < share.count);
    ELYTRA_ASSERT(!stretches_.empty());
    begin_stretch(0);
    position_ = process_ == ArrivalProcess::constant
                    ? static_cast<Expected>(share.index) << unit_bits
                    : gap();
}

std::uint64_t Arrivals::next() {
    while (position_ >= stretch_expected_) {
        position_ -= stretch_expected_;
        stretch_begin_ += stretches_[stretch_].nanoseconds;
        begin_stretch((stretch_ + 1) % stretches_.size());
    }
    last_ = std::max(last_, stretch_begin_ + time_within(position_));
    position_ += gap();
    return last_;
}

void Arrivals::begin_stretch(std::size_t index) {
    stretch_ = index;
    const RateStretch& stretch = stretches_[index];
    sine_.reset();
    if (stretch.amplitude > 0) sine_.emplace(stretch);
    stretch_expected_ = sine_ ? sine_->expected_by(stretch.nanoseconds) : expected_in(stretch);
}

std::uint64_t Arrivals::time_within(Expected expected) const {
    const RateStretch& stretch = stretches_[stretch_];
    if (!sine_) return time_of_linear(stretch, expected);
    return std::min(sine_->time_of(expected), stretch.nanoseconds);
}

Arrivals::Expected Arrivals::gap() {
    const std::uint64_t one = process_ == ArrivalProcess::constant ? std::uint64_t{1} << unit_bits
                                                                   : gaps_.pick(prng_.next());
    return static_cast<Expected>(one) * generators_;
}

}  // namespace elytra::bench
