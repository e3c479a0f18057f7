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
