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

TEST_CASE("the way down is held against the way up") {
    std::vector<SweepStep> steps = steps_at({50'000, 70'000});
    steps.push_back(step_at(70'000, SweepDirection::down));
    steps.back().accepted = 63'000;
    steps.back().p99_microseconds *= 3;
    steps.push_back(step_at(30'000, SweepDirection::down));
    const std::vector<Hysteresis> found = find_hysteresis(steps);
    REQUIRE(found.size() == 1);
    CHECK(found[0].throughput_loss == doctest::Approx(0.1));
    CHECK(found[0].p99_factor == doctest::Approx(3));
}

TEST_CASE("recovery ends with three normal intervals in a row") {
    const std::vector<RecoveryPoint> points{{100, 9000}, {200, 1100}, {300, 5000},
                                            {400, 1200}, {500, 1000}, {600, 900}};
    CHECK(recovery_nanoseconds(points, 1000) == 400);
    CHECK_FALSE(recovery_nanoseconds(points, 700).has_value());
    CHECK_FALSE(recovery_nanoseconds({}, 1000).has_value());
}

TEST_CASE("the scalability law is recovered from its own values") {
    const ScalabilityLaw truth{.lambda = 30'000, .sigma = 0.05, .kappa = 0.002};
    std::vector<ScalePoint> points;
    for (const double clients : {1, 2, 4, 8, 16, 32}) {
        points.push_back({clients, truth.throughput(clients)});
    }
    const auto law = fit_scalability(points);
    REQUIRE(law.has_value());
    CHECK(law->lambda == doctest::Approx(truth.lambda));
    CHECK(law->sigma == doctest::Approx(truth.sigma));
    CHECK(law->kappa == doctest::Approx(truth.kappa));
    CHECK(law->fit == doctest::Approx(1));
    CHECK(law->best_clients().value() == doctest::Approx(21.79).epsilon(0.001));
}

TEST_CASE("terms of the law that would be negative are left out") {
    const std::vector<ScalePoint> better_than_linear{{1, 100}, {2, 210}, {4, 450}};
    const auto law = fit_scalability(better_than_linear);
    REQUIRE(law.has_value());
    CHECK(law->sigma == 0);
    CHECK(law->kappa == 0);
    CHECK_FALSE(law->best_clients().has_value());
}

TEST_CASE("two numbers of clients are too few for the law") {
    CHECK_FALSE(fit_scalability(std::vector<ScalePoint>{{1, 10}, {2, 19}, {2, 18}}).has_value());
    CHECK_FALSE(fit_scalability({}).has_value());
}
