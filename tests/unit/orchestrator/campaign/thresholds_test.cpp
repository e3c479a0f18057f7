#include "orchestrator/campaign/thresholds.hpp"

#include <doctest/doctest.h>

using namespace elytractl;
using campaign::Measured;

namespace {

Measured measured(std::uint32_t index, double throughput) {
    Measured one;
    one.index = index;
    one.metrics["throughput"] = throughput;
    return one;
}

}  // namespace

TEST_CASE("a bound is held against every measurement and is kept at its very value") {
    const spec::Threshold threshold{
        .metric = "throughput", .minimum = 100.0, .maximum = 200.0, .on_fail = {}};

    struct Row {
        double value;
        bool passed;
    };

    const Row rows[] = {{99.9, false}, {100, true}, {150, true}, {200, true}, {200.1, false}};
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const Measured one = measured(3, row.value);
        const auto checked = campaign::check_thresholds({&threshold, 1}, {&one, 1});
        REQUIRE(checked.size() == 1);
        CHECK(checked[0].passed == row.passed);
        CHECK(checked[0].measurement == 3);
        CHECK(checked[0].value == row.value);
    }
}

TEST_CASE("a bound of one step binds no other, and what says abort ends the run") {
    const spec::Threshold threshold{.metric = "throughput",
                                    .minimum = 100.0,
                                    .maximum = {},
                                    .on_fail = {},
                                    .abort = true,
                                    .at = 0.1 + 0.6};
    Measured one = measured(0, 50);
    CHECK(campaign::check_thresholds({&threshold, 1}, {&one, 1}).empty());
    one.rate_fraction = 0.5;
    CHECK_FALSE(campaign::ends_run({&threshold, 1}, one));
    one.rate_fraction = 0.7;
    CHECK(campaign::ends_run({&threshold, 1}, one));
    const auto checked = campaign::check_thresholds({&threshold, 1}, {&one, 1});
    REQUIRE(checked.size() == 1);
    CHECK(checked[0].aborted);
    one.metrics["throughput"] = 100;
    CHECK_FALSE(campaign::ends_run({&threshold, 1}, one));
}

TEST_CASE("a metric that was not measured has not kept its bound") {
    const spec::Threshold threshold{
        .metric = "batch.p99", .minimum = {}, .maximum = 1.0, .on_fail = {}};
    const Measured one = measured(0, 1);
    const auto checked = campaign::check_thresholds({&threshold, 1}, {&one, 1});
    REQUIRE(checked.size() == 1);
    CHECK_FALSE(checked[0].passed);
    CHECK_FALSE(checked[0].value.has_value());
}

TEST_CASE("probes, noise and what did not complete are bound by nothing") {
    const spec::Threshold threshold{
        .metric = "throughput", .minimum = 100.0, .maximum = {}, .on_fail = {}};
    Measured probe = measured(0, 1);
    probe.role = plan::Role::probe;
    Measured noise = measured(1, 1);
    noise.role = plan::Role::noise;
    Measured cut = measured(2, 1);
    cut.completion = run::Completion::member_failed;
    const Measured all[] = {probe, noise, cut};
    CHECK(campaign::check_thresholds({&threshold, 1}, all).empty());
}
