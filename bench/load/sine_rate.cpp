#include "bench/load/sine_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "server/common/assert.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {
namespace {

// More than halving an interval of a period down to a nanosecond takes.
constexpr int iterations_max = 64;

// Of an angle from 0 to pi / 2, by its series: the sine of the standard library may differ in its
// last bit from one machine to another, and a schedule must not.
double sine(double angle) {
    constexpr int terms = 12;  // what is left out is below 2^-60
    const double square = angle * angle;
    double sum = 1;
    for (int term = terms; term > 0; --term) {
        const double divisor = 2.0 * term * (2.0 * term + 1);
        sum = 1 - sum * square / divisor;
    }
    return sum * angle;
}

}  // namespace

SineRate::SineRate(const RateStretch& stretch)
    : mean_(stretch.rate_begin), period_nanoseconds_(stretch.period_nanoseconds) {
    ELYTRA_ASSERT(stretch.amplitude > 0 && stretch.amplitude <= mean_);
    ELYTRA_ASSERT(period_nanoseconds_ > 0);
    const double seconds = static_cast<double>(period_nanoseconds_) / nanoseconds_per_second;
    period_events_ = static_cast<double>(mean_) * seconds;
    swing_events_ = static_cast<double>(stretch.amplitude) * seconds;
}

// The integral of sin(2 pi x) is (1 - cos(2 pi x)) / 2 pi, which is sin^2(pi x) / pi.
SineRate::Point SineRate::at(double part) const {
    const double half = sine(std::numbers::pi * std::min(part, 1 - part));
    const double rest = sine(std::numbers::pi * std::abs(0.5 - part));  // |cos(pi x)|
    const double wave = 2 * half * rest * (part <= 0.5 ? 1 : -1);       // sin(2 pi x)
    return {.events = period_events_ * part + swing_events_ * half * half / std::numbers::pi,
            .slope = period_events_ + swing_events_ * wave};
}

SineRate::Expected SineRate::expected_by(std::uint64_t nanoseconds) const {
    const std::uint64_t periods = nanoseconds / period_nanoseconds_;
    const std::uint64_t rest = nanoseconds % period_nanoseconds_;
    const Expected whole =
        ((static_cast<Expected>(mean_) * periods * period_nanoseconds_) << unit_bits) /
        nanoseconds_per_second;
    if (rest == 0) return whole;
    const double events =
        at(static_cast<double>(rest) / static_cast<double>(period_nanoseconds_)).events;
    return whole + static_cast<Expected>(std::ldexp(events, unit_bits));
}

// Newton's steps, within bounds that close in; where they leave them, as they may at the foot of a
// wave that comes down to 0, the middle is taken instead.
double SineRate::part_of(double events) const {
    const double enough = 0.25 / static_cast<double>(period_nanoseconds_);
    double low = 0;
    double high = 1;
    double part = std::min(events / period_events_, 1.0);
    for (int iteration = 0; iteration < iterations_max; ++iteration) {
        const Point point = at(part);
        (point.events > events ? high : low) = part;
        double next = point.slope > 0 ? part + (events - point.events) / point.slope : -1;
        if (next < low || next > high) next = (low + high) / 2;
        const double step = std::abs(next - part);
        part = next;
        if (step < enough) break;
    }
    return part;
}

std::uint64_t SineRate::time_of(Expected expected) const {
    const Expected denominator = static_cast<Expected>(mean_) * period_nanoseconds_;
    const Expected scaled = expected * nanoseconds_per_second;
    const auto periods = static_cast<std::uint64_t>((scaled >> unit_bits) / denominator);
    const Expected begin = expected_by(periods * period_nanoseconds_);
    const Expected rest = expected > begin ? expected - begin : 0;
    const double part = part_of(std::ldexp(static_cast<double>(rest), -unit_bits));
    return periods * period_nanoseconds_ +
           static_cast<std::uint64_t>(part * static_cast<double>(period_nanoseconds_));
}

}  // namespace elytra::bench
