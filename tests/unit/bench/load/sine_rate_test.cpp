#include "bench/load/sine_rate.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include <doctest/doctest.h>

#include "bench/load/arrivals.hpp"
#include "server/common/time.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

RateStretch wave(std::uint64_t mean, std::uint64_t amplitude, std::uint64_t period) {
    return {.rate_begin = mean,
            .rate_end = mean,
            .nanoseconds = 10 * period,
            .amplitude = amplitude,
            .period_nanoseconds = period};
}

// The rate summed up in small steps, from its definition alone.
double summed_rate(const RateStretch& stretch, std::uint64_t nanoseconds) {
    constexpr int steps = 100'000;
    const double step = static_cast<double>(nanoseconds) / steps;
    double events = 0;
    for (int index = 0; index < steps; ++index) {
        const double turns = (index + 0.5) * step / static_cast<double>(stretch.period_nanoseconds);
        const double rate =
            static_cast<double>(stretch.rate_begin) +
            static_cast<double>(stretch.amplitude) * std::sin(2 * std::numbers::pi * turns);
        events += rate * step / static_cast<double>(second);
    }
    return events;
}

double events_of(SineRate::Expected expected) {
    return std::ldexp(static_cast<double>(expected), -SineRate::unit_bits);
}

std::vector<std::uint64_t> times(const RateStretch& stretch, ArrivalProcess process,
                                 std::uint64_t end, Arrivals::Share share = {}) {
    Arrivals arrivals({.model = ArrivalModel::open,
                       .think_nanoseconds = 0,
                       .process = process,
                       .stretches = {stretch}},
                      42, share);
    std::vector<std::uint64_t> drawn;
    for (std::uint64_t at = arrivals.next(); at < end; at = arrivals.next()) drawn.push_back(at);
    return drawn;
}

}  // namespace

TEST_CASE("the events of a sine are the area below its rate") {
    for (const RateStretch& stretch :
         {wave(1000, 500, 2 * second), wave(100'000, 100'000, second), wave(7, 3, second / 3)}) {
        CAPTURE(stretch.rate_begin);
        const SineRate sine(stretch);
        for (const std::uint64_t part : {1U, 17U, 25U, 50U, 75U, 99U, 101U, 250U, 999U}) {
            CAPTURE(part);
            const std::uint64_t by = stretch.period_nanoseconds / 100 * part;
            CHECK(events_of(sine.expected_by(by)) ==
                  doctest::Approx(summed_rate(stretch, by)).epsilon(1e-6));
        }
    }
}

TEST_CASE("a time is when the area has come to that many events, to the nanosecond") {
    for (const std::uint64_t amplitude : {1U, 500U, 1000U}) {
        CAPTURE(amplitude);
        const SineRate sine(wave(1000, amplitude, 2 * second));
        std::uint64_t earlier = 0;
        for (std::uint64_t event = 0; event < 6000; event += 7) {
            const SineRate::Expected expected = static_cast<SineRate::Expected>(event)
                                                << SineRate::unit_bits;
            const std::uint64_t at = sine.time_of(expected);
            CHECK(at >= earlier);
            earlier = at;
            // By a little before not yet, by a little after surely; at the foot of a wave that
            // comes down to 0 nothing happens for a while, and a 2^24th of an event takes longer.
            const std::uint64_t slack = amplitude == 1000 ? 2'000'000 : 100;
            CHECK(sine.expected_by(at + slack) >= expected);
            if (at > slack) CHECK(sine.expected_by(at - slack) <= expected);
        }
    }
}

TEST_CASE("a sine does not drift over a thousand periods, shared out or not") {
    RateStretch stretch = wave(997, 997, 10'000'000);
    stretch.nanoseconds = 10 * second;
    // 9.97 events a period: whole ones only every hundredth.
    const std::vector<std::uint64_t> drawn = times(stretch, ArrivalProcess::constant, 10 * second);
    REQUIRE(drawn.size() == 9970);
    for (std::size_t event = 0; event < drawn.size(); event += 997) {
        CHECK(drawn[event] == event / 997 * second);
    }
    std::vector<std::uint64_t> all(drawn.size());
    for (std::uint32_t index = 0; index < 3; ++index) {
        const std::vector<std::uint64_t> part =
            times(stretch, ArrivalProcess::constant, 10 * second, {.index = index, .count = 3});
        for (std::size_t event = 0; event < part.size(); ++event) {
            REQUIRE(3 * event + index < all.size());
            all[3 * event + index] = part[event];
        }
    }
    CHECK(all == drawn);
}

TEST_CASE("half of a period above the mean has more events than the half below it") {
    // The halves are mean * period / 2 more or less amplitude * period / pi.
    const std::vector<std::uint64_t> drawn =
        times(wave(1'000'000, 500'000, second), ArrivalProcess::poisson, second);
    std::uint64_t first = 0;
    for (const std::uint64_t at : drawn) first += at < second / 2 ? 1U : 0U;
    const double swing = 500'000 / std::numbers::pi;
    // Five deviations of a Poisson number of that size.
    CHECK(std::abs(static_cast<double>(first) - (500'000 + swing)) < 5 * std::sqrt(660'000));
    CHECK(std::abs(static_cast<double>(drawn.size() - first) - (500'000 - swing)) <
          5 * std::sqrt(341'000));
}
