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
