#include "orchestrator/statistics/facts.hpp"

#include <utility>

#include <doctest/doctest.h>

using namespace elytractl;
using namespace elytractl::statistics;
using elytra::bench::TrafficPhase;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

elytra::bench::TrafficInterval interval(TrafficPhase phase, std::uint64_t start,
                                        std::uint64_t length) {
    elytra::bench::TrafficInterval one{.phase = phase,
                                       .start_nanoseconds = start,
                                       .nanoseconds = length,
                                       .counts = {},
                                       .batch = {}};
    one.counts = {.sent = 1000, .answered = 1000, .requests = 10};
    one.batch.add(5000, 10);
    return one;
}

run::MeasurementOutcome outcome() {
    run::MeasurementOutcome made;
    made.steady = true;
    made.members.resize(1);
    for (const auto& [at, steal] : {std::pair{1, 0.9}, {3, 0.1}, {4, 0.3}}) {
        run::HostSample& sample = made.host.emplace_back();
        sample.at_nanoseconds = static_cast<std::uint64_t>(at) * second;
        sample.steal = steal;
    }
    made.marks = {{1 * second, "checkpoint", "r0"},
                  {3 * second, "checkpoint", "r0"},
                  {3 * second, "merge", "r0"}};
    made.system_before.pressure_cpu = 59;
    made.foreign_before.processes = {{"make", 11, 0.9}};
    made.foreign_during.processes = {{"cron", 12, 0.2}};
    made.foreign_after.processes = {{"cat", 13, 0.9}};
    elytra::bench::TrafficResult traffic;
    traffic.measurement_nanoseconds = 2 * second + second / 10;
    traffic.measurement = {.offered = 2100, .sent = 2100, .answered = 2000, .requests = 20};
    traffic.latency.event.add(5000, 2100);
    traffic.latency.batch.add(5000, 21);
    traffic.latency.lag.add(100, 21);
    traffic.intervals = {interval(TrafficPhase::warm_up, second, second),
                         interval(TrafficPhase::measurement, 2 * second, second),
                         interval(TrafficPhase::measurement, 3 * second, second),
                         interval(TrafficPhase::measurement, 4 * second, second / 10),
                         interval(TrafficPhase::drain, 4 * second + second / 10, second)};
    traffic.intervals.back().counts.answered = 900;
    traffic.threads = {{.cpu_nanoseconds = second / 2, .nanoseconds = second},
                       {.cpu_nanoseconds = second / 4, .nanoseconds = second}};
    made.traffic = std::move(traffic);
    return made;
}

struct World {
    elytra::bench::TrafficOptions traffic;
    spec::MeasureSpec measure;
    elytra::bench::Environment environment;

    World() { traffic.interval_nanoseconds = second; }

    MeasurementFacts facts(const run::MeasurementOutcome& made) const {
        return facts_of(made, {traffic, measure, environment, 1e6});
    }
};

}  // namespace

TEST_CASE("facts are of the measured time alone") {
    const MeasurementFacts facts = World().facts(outcome());
    CHECK(facts.complete);
    CHECK(facts.steal == doctest::Approx(0.2));
    CHECK(facts.checkpoints_seen == 1);
    CHECK(facts.throughput_series.size() == 2);  // the short last interval is left out
    CHECK(facts.seconds_clock == doctest::Approx(2.1));
    CHECK(facts.events_unanswered == 100);
    CHECK(facts.generator_busy == doctest::Approx(0.5));
    CHECK(facts.pressure_cpu_before == doctest::Approx(0.59));
    CHECK(facts.lag_p99 == 100);
    REQUIRE(facts.disturbers.size() == 1);
    CHECK(facts.disturbers[0].name == "cron");
    CHECK(facts.disturbers[0].cpus == doctest::Approx(0.2));
}

TEST_CASE("an outcome without traffic is incomplete and judged as such") {
    run::MeasurementOutcome made = outcome();
    made.traffic.reset();
    made.completion = run::Completion::member_failed;
    const MeasurementFacts facts = World().facts(made);
    CHECK_FALSE(facts.complete);
    CHECK(judge_measurement(facts).usability == Usability::invalid);
}

TEST_CASE("a warm-up that was not to end steady is not blamed for it") {
    run::MeasurementOutcome made = outcome();
    made.steady = false;
    World world;
    CHECK_FALSE(world.facts(made).steady);
    world.measure.warmup.until_steady = false;
    CHECK(world.facts(made).steady);
}

TEST_CASE("steady points are the intervals of the warm-up on its own clock") {
    const std::vector<SteadyPoint> points = steady_points(outcome().traffic->intervals);
    REQUIRE(points.size() == 1);
    CHECK(points[0].end_nanoseconds == second);
    CHECK(points[0].events == 1000);
    CHECK(points[0].p99_microseconds == 5000);
}
