#include "orchestrator/campaign/sweep_result.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace elytractl;
using campaign::Measured;

namespace {

Measured probe(double throughput) {
    Measured one;
    one.role = plan::Role::probe;
    one.metrics["throughput"] = throughput;
    return one;
}

Measured step(double fraction, double served, plan::Direction direction) {
    Measured one;
    one.direction = direction;
    one.rate_fraction = fraction;
    one.rate = fraction * 1000;
    one.metrics["throughput"] = served;
    one.metrics["batch.p50"] = 500;
    one.metrics["batch.max"] = 4000;
    return one;
}

}  // namespace

TEST_CASE("a sweep is its probe, its complete steps and the knee between them") {
    std::vector<Measured> all{
        probe(1000), step(0.5, 500, plan::Direction::up), step(0.9, 900, plan::Direction::up),
        step(1.1, 950, plan::Direction::up), step(0.5, 480, plan::Direction::down)};
    all.push_back(step(0.3, 300, plan::Direction::down));
    all.back().completion = run::Completion::interrupted;
    const report::Sweep sweep = campaign::sweep_result(all, std::nullopt);
    CHECK(sweep.ceiling == 1000);
    REQUIRE(sweep.steps.size() == 4);
    CHECK(sweep.steps.back().direction == statistics::SweepDirection::down);
    REQUIRE(sweep.knee.has_value());
    CHECK(sweep.knee->rate == 900);
    REQUIRE(sweep.hysteresis.pairs.size() == 1);
    CHECK(sweep.hysteresis.pairs[0].down.accepted == 480);
}

TEST_CASE("recovery is judged by the same fraction on the way up") {
    std::vector<Measured> all{probe(1000), step(0.7, 700, plan::Direction::up),
                              step(1.1, 900, plan::Direction::overload),
                              step(0.7, 700, plan::Direction::recovery)};
    all[1].p99_series = {1000, 1200, 90'000};
    all[3].carried_in = 77;
    std::vector<elytra::bench::TrafficInterval> quick(8);
    for (std::size_t index = 0; index < quick.size(); ++index) {
        quick[index].start_nanoseconds = index * 250'000'000;
        quick[index].nanoseconds = 250'000'000;
        quick[index].counts.offered = quick[index].counts.answered = 175;
        quick[index].batch.add(index == 0 ? 9000 : 2300, 175);
    }
    const statistics::Recovery found = campaign::recovery_of(all, quick);
    CHECK(found.nanoseconds == 250'000'000);
    CHECK(found.fraction == 0.7);
    CHECK(found.carried == 77);
    all.back().recovery = found;
    const report::Sweep sweep = campaign::sweep_result(all, std::nullopt);
    CHECK(sweep.steps.size() == 1);  // the others are neither up nor down
    REQUIRE(sweep.recovery.has_value());
    all[1].metrics["throughput"] = 600;
    CHECK_FALSE(campaign::recovery_of(all, quick).nanoseconds.has_value());
}

TEST_CASE("a percentile with too few samples stays absent and the maximum bounds it") {
    const Measured one = step(0.5, 500, plan::Direction::up);
    CHECK_FALSE(campaign::sweep_step(one).p99_microseconds.has_value());
    CHECK_FALSE(campaign::sweep_result({&one, 1}, 3999).knee.has_value());
    CHECK(campaign::sweep_result({&one, 1}, 4000).knee.has_value());
}

TEST_CASE("without a probe there is no ceiling") {
    CHECK_FALSE(campaign::probed_rate({}).has_value());
    CHECK(campaign::sweep_result({}, std::nullopt).ceiling == 0);
}
