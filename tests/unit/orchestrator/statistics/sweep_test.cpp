#include "orchestrator/statistics/sweep.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace elytractl::statistics;

namespace {

// A server with a capacity of 100 000 events/s.
SweepStep step_at(double rate, SweepDirection direction = SweepDirection::up) {
    const double accepted = rate <= 100'000 ? rate : 100'000;
    const double p99 = rate < 100'000 ? 5e8 / (100'001 - rate) : 1e7;
    return {.direction = direction,
            .fraction = rate / 100'000,
            .offered = rate,
            .accepted = accepted,
            .p50_microseconds = p99 / 2,
            .p99_microseconds = p99,
            .max_microseconds = 2 * p99,
            .steady = true};
}

std::vector<SweepStep> steps_at(const std::vector<double>& rates) {
    std::vector<SweepStep> steps;
    for (const double rate : rates) steps.push_back(step_at(rate));
    return steps;
}

}  // namespace

TEST_CASE("the knee is the highest rate below the first that fails") {
    const std::vector<SweepStep> steps = steps_at({10'000, 50'000, 90'000, 110'000});
    const auto served = find_knee(steps, std::nullopt);
    REQUIRE(served.has_value());
    CHECK(served->rate == 90'000);
    const auto bounded = find_knee(steps, 20'000);
    CHECK(bounded->rate == 50'000);
    CHECK(bounded->slo == "p99 <= 20 ms");
    CHECK_FALSE(find_knee(steps, 1).has_value());
    CHECK_FALSE(find_knee({}, std::nullopt).has_value());
}

TEST_CASE("a rate that keeps up above one that does not is luck") {
    std::vector<SweepStep> steps = steps_at({50'000, 70'000, 80'000});
    steps[1].accepted = 60'000;
    CHECK(find_knee(steps, std::nullopt)->rate == 50'000);
}

TEST_CASE("bisection ends with the knee known to 2 %") {
    std::vector<SweepStep> steps = steps_at({10'000, 50'000, 110'000});
    int probes = 0;
    while (const auto next = next_knee_rate(steps, 40'000)) {
        steps.push_back(step_at(*next));
        REQUIRE(++probes < 20);
    }
    CHECK(probes <= 6);
    // 5e8 / (100 001 - rate) = 40 000 at 87 501.
    CHECK(find_knee(steps, 40'000)->rate == doctest::Approx(87'501).epsilon(0.04));
}

TEST_CASE("there is nothing to bisect when all or none keep up") {
    CHECK_FALSE(next_knee_rate(steps_at({10'000, 20'000}), std::nullopt).has_value());
    CHECK_FALSE(next_knee_rate(steps_at({110'000, 120'000}), std::nullopt).has_value());
}

TEST_CASE("two steps in a row that serve too little end the way up") {
    CHECK_FALSE(is_saturated(steps_at({90'000})));
    CHECK_FALSE(is_saturated(steps_at({90'000, 110'000})));
    CHECK(is_saturated(steps_at({90'000, 110'000, 120'000})));
}

TEST_CASE("where the percentile is not known the maximum stands for it") {
    SweepStep step = step_at(50'000);
    CHECK(keeps_up(step, *step.p99_microseconds));
    step.p99_microseconds.reset();
    CHECK_FALSE(keeps_up(step, step.max_microseconds / 2));
    CHECK(keeps_up(step, step.max_microseconds));
}

namespace {

// A step whose series goes up and down around its numbers by a tenth.
SweepStep noisy_step(double rate, SweepDirection direction, double p99, double served) {
    SweepStep step = step_at(rate, direction);
    step.accepted = served;
    for (int index = 0; index < 40; ++index) {
        const double sway = 1 + 0.1 * (index % 5 - 2) / 2;
        step.p99_series.push_back(p99 * sway);
        step.served_series.push_back(served * sway);
    }
    return step;
}

}  // namespace

TEST_CASE("the same numbers up and down are no hysteresis, however they sway") {
    const std::vector<SweepStep> steps{noisy_step(50'000, SweepDirection::up, 10'000, 50'000),
                                       noisy_step(90'000, SweepDirection::up, 20'000, 90'000),
                                       noisy_step(50'000, SweepDirection::down, 10'500, 50'100)};
    const Hysteresis found = find_hysteresis(steps);
    REQUIRE(found.pairs.size() == 1);  // the highest has no other
    CHECK(found.pairs[0].up.offered == 50'000);
    CHECK(found.pairs[0].served == PathEffect::none);
    CHECK(found.pairs[0].p99 == PathEffect::none);
    CHECK(found.effect == PathEffect::none);
    CHECK(found.sentence.starts_with("no hysteresis"));
}

TEST_CASE("numbers that are apart on the way down are hysteresis") {
    const std::vector<SweepStep> steps{noisy_step(70'000, SweepDirection::up, 10'000, 70'000),
                                       noisy_step(90'000, SweepDirection::up, 12'000, 90'000),
                                       noisy_step(110'000, SweepDirection::up, 500'000, 100'000),
                                       noisy_step(90'000, SweepDirection::down, 400'000, 100'000),
                                       noisy_step(70'000, SweepDirection::down, 30'000, 70'000)};
    const Hysteresis found = find_hysteresis(steps);
    REQUIRE(found.pairs.size() == 2);
    CHECK(found.pairs[0].served == PathEffect::none);
    CHECK(found.pairs[0].p99 == PathEffect::found);
    CHECK(found.effect == PathEffect::found);
    CHECK(found.pairs[1].served == PathEffect::found);  // the backlog as well
    CHECK(found.sentence ==
          "hysteresis: at 70 % p99 was 10.0 ms up and 30.0 ms down; at 90 % "
          "90000/s were served on the way up and 100000/s on the way down, p99 "
          "was 12.0 ms up and 400.0 ms down");
}

TEST_CASE("a backlog that was served while measured is hysteresis, however short that took") {
    SweepStep down = noisy_step(90'000, SweepDirection::down, 12'000, 90'000);
    const SweepStep up = noisy_step(90'000, SweepDirection::up, 12'000, 90'000);
    CHECK(find_hysteresis(std::vector{up, down}).effect == PathEffect::none);
    down.backlog_served = 1;
    CHECK(find_hysteresis(std::vector{up, down}).pairs[0].served == PathEffect::found);
}

TEST_CASE("a difference that is apart but too small to matter is none") {
    SweepStep up = step_at(50'000);
    SweepStep down = step_at(50'000, SweepDirection::down);
    up.p99_series.assign(10, 10'000);
    down.p99_series.assign(10, 10'900);
    up.served_series.assign(10, 50'000);
    down.served_series.assign(10, 49'760);
    CHECK(find_hysteresis(std::vector{up, down}).effect == PathEffect::none);
    down.served_series.assign(10, 49'740);
    CHECK(find_hysteresis(std::vector{up, down}).pairs[0].served == PathEffect::found);
    down.p99_series.assign(10, 11'100);
    CHECK(find_hysteresis(std::vector{up, down}).pairs[0].p99 == PathEffect::found);
}

TEST_CASE("too few intervals decide nothing") {
    SweepStep up = step_at(50'000);
    SweepStep down = step_at(50'000, SweepDirection::down);
    up.p99_series.assign(4, 10'000);
    down.p99_series.assign(40, 90'000);
    CHECK(find_hysteresis(std::vector{up, down}).pairs[0].p99 == PathEffect::undecided);
    CHECK(find_hysteresis(std::vector{up, down}).effect == PathEffect::undecided);
    CHECK(find_hysteresis({}).effect == PathEffect::undecided);
}
