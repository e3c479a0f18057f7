#pragma once

#include <cstdint>

#include "bench/load/traffic_options.hpp"
#include "server/common/int.hpp"

namespace elytra::bench {

// The rate of a stretch with an amplitude: mean + amplitude * sin(2 pi t / period), t from the
// begin of the stretch. Whole periods are counted in integers, so that a long stretch does not
// drift; within one, all operations are those that IEEE 754 rounds the same way everywhere.
class SineRate {
public:
    // Expected events, in units of 2^-24.
    using Expected = u128;

    static constexpr int unit_bits = 24;

    // Requires: validate() has accepted the stretch, and its amplitude is not 0.
    explicit SineRate(const RateStretch& stretch);

    // The integral of the rate over the first nanoseconds.
    Expected expected_by(std::uint64_t nanoseconds) const;

    // When so many events have been expected, in nanoseconds, rounded down.
    std::uint64_t time_of(Expected expected) const;

private:
    // Events expected by this part of a period, 0 to 1, and their derivative.
    struct Point {
        double events;
        double slope;
    };

    Point at(double part) const;
    double part_of(double events) const;

    std::uint64_t mean_;
    std::uint64_t period_nanoseconds_;
    double period_events_;  // on average, which is: in each
    double swing_events_;   // amplitude * period
};

}  // namespace elytra::bench
