#include "orchestrator/plan/build_plan.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "orchestrator/plan/plan_report.hpp"

using namespace elytractl;
using namespace elytractl::plan;
using elytra::bench::ArrivalModel;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

spec::BenchSpec closed_spec(std::uint32_t repeat) {
    spec::BenchSpec spec{.name = "s", .cells = {{}}, .thresholds = {}, .report = {}};
    spec.cells[0].measure.repeat = repeat;
    return spec;
}

spec::BenchSpec auto_spec() {
    spec::BenchSpec spec = closed_spec(2);
    spec.cells[0].traffic.arrival.model = ArrivalModel::open;
    spec.cells[0].rate_fractions = {0.5, 0.9};
    return spec;
}

// "ab ba aa": the subjects of each block of a comparison.
std::string blocks_of(const Plan& plan) {
    std::string text;
    for (const Measurement& measurement : plan.measurements) {
        if (measurement.index % 2 == 0 && measurement.index != 0) text += ' ';
        CHECK(measurement.block == measurement.index / 2);
        text += plan.subjects[measurement.subject].name;
    }
    return text;
}

Plan compare(std::uint32_t pairs, std::uint64_t seed) {
    const auto plan =
        build_compare_plan(closed_spec(1), closed_spec(1), {.pairs = pairs, .seed = seed});
    REQUIRE(plan.has_value());
    return *plan;
}

}  // namespace

TEST_CASE("every cell is measured as often as it says, in rounds") {
    spec::BenchSpec spec = closed_spec(3);
    spec.cells.push_back(spec.cells[0]);
    spec.cells[1].measure.repeat = 1;
    const Plan plan = build_bench_plan(spec);
    REQUIRE(plan.measurements.size() == 4);
    for (std::uint32_t index = 0; index < 4; ++index) {
        CHECK(plan.measurements[index].index == index);
        CHECK(plan.measurements[index].role == Role::measurement);
        CHECK_FALSE(plan.measurements[index].rate.has_value());
    }
    const std::uint32_t cells[] = {0, 1, 0, 0};
    const std::uint32_t repeats[] = {0, 0, 1, 2};
    for (std::size_t index = 0; index < 4; ++index) {
        CHECK(plan.measurements[index].cell == cells[index]);
        CHECK(plan.measurements[index].repeat == repeats[index]);
    }
}

TEST_CASE("an automatic rate begins with a probe, and all fractions are of what it accepts") {
    const Plan plan = build_bench_plan(auto_spec());
    REQUIRE(plan.measurements.size() == 5);
    const Measurement& probe = plan.measurements[0];
    CHECK(probe.role == Role::probe);
    CHECK(traffic_of(plan, probe, std::nullopt).arrival.model == ArrivalModel::closed);
    const double fractions[] = {0.5, 0.9, 0.5, 0.9};
    for (std::size_t index = 1; index < plan.measurements.size(); ++index) {
        const Measurement& measurement = plan.measurements[index];
        CHECK(measurement.probe == 0);
        CHECK(measurement.repeat == (index - 1) / 2);
        CHECK(measurement.rate_fraction == fractions[index - 1]);
        const auto arrival = traffic_of(plan, measurement, 100'000.4).arrival;
        CHECK(arrival.model == ArrivalModel::open);
        REQUIRE(arrival.stretches.size() == 1);
        CHECK(arrival.stretches[0].rate_begin == (fractions[index - 1] == 0.5 ? 50'000 : 90'000));
        CHECK(arrival.stretches[0].rate_end == arrival.stretches[0].rate_begin);
    }
}

TEST_CASE("the environment of every measurement has a size of its own, the same in every run") {
    spec::BenchSpec spec = closed_spec(200);
    const Plan plan = build_bench_plan(spec);
    std::set<std::uint32_t> sizes;
    for (const Measurement& measurement : plan.measurements) {
        const std::uint32_t size = environment_padding(plan, measurement);
        CHECK(size <= environment_padding_max);
        CHECK(size == environment_padding(build_bench_plan(spec), measurement));
        sizes.insert(size);
    }
    CHECK(sizes.size() > 150);
    CHECK(*sizes.begin() < 256);
    CHECK(*sizes.rbegin() > environment_padding_max - 256);
    spec.cells[0].traffic.workload.seed += 1;
    const Plan other = build_bench_plan(spec);
    CHECK(environment_padding(plan, plan.measurements[0]) !=
          environment_padding(other, other.measurements[0]));
}

TEST_CASE("a flat rate is named, a shape has none") {
    spec::BenchSpec spec = closed_spec(1);
    spec.cells[0].traffic.arrival = {.model = ArrivalModel::open,
                                     .stretches = {{5000, 5000, second}}};
    CHECK(build_bench_plan(spec).measurements[0].rate == 5000);
    spec.cells[0].traffic.arrival.stretches.push_back({5000, 9000, second});
    CHECK_FALSE(build_bench_plan(spec).measurements[0].rate.has_value());
    spec.cells[0].traffic.arrival.stretches = {{5000, 5000, second, 100, second}};
    CHECK_FALSE(build_bench_plan(spec).measurements[0].rate.has_value());
    CHECK(load_text(spec.cells[0])
              .starts_with("open loop, poisson, again and again: 5k/s +- 100/s "
                           "every 1s for 1s; "));
}

TEST_CASE("the steps of a measurement create, measure and take down a cluster") {
    spec::BenchSpec spec = closed_spec(1);
    spec.cells[0].cluster.replicas = 2;
    const auto names = [](const Plan& plan) {
        std::string text;
        for (const Step& step : plan.measurements[0].steps) {
            text += step_names[static_cast<std::size_t>(step.kind)];
            if (step.member.has_value()) text += std::to_string(*step.member);
            text += ' ';
            CHECK(step.deadline_nanoseconds > step.expected_nanoseconds);
        }
        return text;
    };
    CHECK(names(build_bench_plan(spec)) ==
          "format0 format1 start0 start1 ready setup warm-up measure drain stop0 stop1 remove ");
    spec.cells[0].cluster.lifetime = spec::Lifetime::keep;
    CHECK(names(build_bench_plan(spec)) ==
          "format0 format1 start0 start1 ready setup warm-up measure drain stop0 stop1 ");
}

TEST_CASE("deadlines follow from the run file") {
    spec::BenchSpec spec = closed_spec(1);
    spec.cells[0].cluster.ready_timeout_nanoseconds = 7 * second;
    spec.cells[0].cluster.stop_timeout_nanoseconds = 8 * second;
    spec.cells[0].measure.duration_nanoseconds = 100 * second;
    const Plan plan = build_bench_plan(spec);
    const auto step = [&plan](StepKind kind) {
        return *std::ranges::find(plan.measurements[0].steps, kind, &Step::kind);
    };
    CHECK(step(StepKind::ready).deadline_nanoseconds == 7 * second);
    CHECK(step(StepKind::stop).deadline_nanoseconds == 8 * second);
    CHECK(step(StepKind::measure).expected_nanoseconds == 100 * second);
    CHECK(step(StepKind::measure).deadline_nanoseconds == 130 * second);
    spec.cells[0].measure.cover_checkpoints = 2;
    CHECK(deadline_nanoseconds(build_bench_plan(spec)) ==
          deadline_nanoseconds(plan) + 120 * second);
    CHECK(expected_nanoseconds(plan) > 100 * second);
    CHECK(expected_nanoseconds(plan) < 110 * second);
}

TEST_CASE("blocks of a comparison are balanced at every even number of pairs") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const std::string blocks = blocks_of(compare(8, seed));
        CAPTURE(blocks);
        REQUIRE(blocks.size() == 12 * 3 - 1);
        for (std::size_t group = 0; group < 4; ++group) {
            const std::string three = blocks.substr(group * 9, 8);
            CHECK((three == "ab ba aa" || three == "ba ab aa"));
        }
    }
}

TEST_CASE("the order of a comparison is drawn from its seed") {
    CHECK(blocks_of(compare(10, 3)) == blocks_of(compare(10, 3)));
    bool different = false;
    for (std::uint64_t seed = 4; seed < 10; ++seed) {
        different = different || blocks_of(compare(10, 3)) != blocks_of(compare(10, seed));
    }
    CHECK(different);
    std::size_t b_first = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        b_first += blocks_of(compare(1, seed)).starts_with("ba") ? 1U : 0U;
    }
    CHECK(b_first > 60);
    CHECK(b_first < 140);
}

TEST_CASE("a longer comparison with the same seed begins as the shorter one") {
    CHECK(blocks_of(compare(20, 9)).starts_with(blocks_of(compare(10, 9))));
}

TEST_CASE("an odd pair has a block of its own and noise") {
    const std::string blocks = blocks_of(compare(3, 1));
    CHECK(blocks.size() == 5 * 3 - 1);
    CHECK(blocks.ends_with("aa"));
}

TEST_CASE("what cannot be compared is refused") {
    spec::BenchSpec matrix = closed_spec(1);
    matrix.cells.push_back(matrix.cells[0]);
    CHECK(build_compare_plan(closed_spec(1), matrix, {}).error() ==
          "s: a comparison is of one configuration, and the matrix has 2");
    CHECK(build_compare_plan(auto_spec(), closed_spec(1), {}).error() ==
          "s: a comparison needs a rate that is known, or a closed loop");
    CHECK(build_compare_plan(closed_spec(1), closed_spec(1), {.pairs = 0}).error() ==
          "pairs (0): must be 1 to 1000");
}

TEST_CASE("a sweep goes up and down, the highest step once") {
    const Plan plan = build_sweep_plan(closed_spec(5), {.fractions = {0.5, 0.9, 1.1}});
    REQUIRE(plan.measurements.size() == 8);
    CHECK(plan.measurements[0].role == Role::probe);
    CHECK(plan.measurements[6].direction == Direction::overload);
    CHECK(plan.measurements[6].rate_fraction == 1.1);
    CHECK(plan.measurements[7].direction == Direction::recovery);
    CHECK(plan.measurements[7].rate_fraction == 0.7);
    const double fractions[] = {0.5, 0.9, 1.1, 0.9, 0.5};
    for (std::size_t index = 1; index < 6; ++index) {
        const Measurement& measurement = plan.measurements[index];
        CHECK(measurement.rate_fraction == fractions[index - 1]);
        CHECK(measurement.direction == (index <= 3 ? Direction::up : Direction::down));
        CHECK(arrival_model(plan, measurement) == ArrivalModel::open);
    }
    CHECK(build_sweep_plan(closed_spec(1), {}).measurements.size() == 20);
}

TEST_CASE("the steps of a sweep share one cluster, which is made once and taken down once") {
    spec::BenchSpec spec = closed_spec(1);
    spec.cells[0].measure.warmup.ramp_nanoseconds = 5 * second;
    const Plan plan = build_sweep_plan(spec, {.fractions = {0.5, 0.9}});
    const auto names = [&](std::size_t index) {
        std::string text;
        for (const Step& step : plan.measurements[index].steps) {
            text += step_names[static_cast<std::size_t>(step.kind)];
            text += ' ';
        }
        return text;
    };
    CHECK(plan.measurements[0].place == Place::alone);
    CHECK(names(0) == "format start ready setup warm-up measure drain stop remove ");
    CHECK(plan.measurements[1].place == Place::first);
    CHECK(names(1) == "format start ready setup warm-up measure ");
    CHECK(plan.measurements[2].place == Place::between);
    CHECK(names(2) == "warm-up measure ");
    CHECK(names(4) == "warm-up measure ");
    CHECK(plan.measurements[5].place == Place::last);
    CHECK(names(5) == "warm-up measure drain stop remove ");
    // Only the first rises to its rate.
    CHECK(plan.measurements[1].steps[4].expected_nanoseconds ==
          plan.measurements[2].steps[0].expected_nanoseconds + 5 * second);
    CHECK(plan_json(plan)["measurements"][2]["place"] == "between");
}
