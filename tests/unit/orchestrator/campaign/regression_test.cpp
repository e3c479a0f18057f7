#include "orchestrator/campaign/regression.hpp"

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl;
using campaign::Measured;
using campaign::Past;
using campaign::PastMeasurement;
using nlohmann::json;

namespace {

// One subject and one cell; `count` measurements of it.
json plan_of(std::size_t count, int clients = 1) {
    json plan{{"subjects", {{{"name", ""}, {"cells", {{{"load", {{"clients", clients}}}}}}}}},
              {"measurements", json::array()}};
    for (std::size_t index = 0; index < count; ++index) {
        plan["measurements"].push_back({{"subject", ""},
                                        {"cell", json::object()},
                                        {"cell_index", 0},
                                        {"rate_fraction", nullptr},
                                        {"direction", nullptr}});
    }
    return plan;
}

json series_of_plan(int clients = 1) {
    return {{"subject", ""},
            {"load", {{"clients", clients}}},
            {"cell", json::object()},
            {"fraction", nullptr},
            {"direction", nullptr}};
}

std::vector<Measured> measured_of(const std::string& metric, const std::vector<double>& values) {
    std::vector<Measured> all;
    for (const double value : values) {
        Measured& one = all.emplace_back();
        one.index = static_cast<std::uint32_t>(all.size() - 1);
        one.metrics[metric] = value;
    }
    return all;
}

// A run for each list of values.
std::vector<PastMeasurement> past_of(const std::string& metric,
                                     const std::vector<std::vector<double>>& runs) {
    std::vector<PastMeasurement> past;
    int number = 0;
    for (const std::vector<double>& values : runs) {
        ++number;
        for (const double value : values) {
            past.push_back({.run = std::to_string(number),
                            .series = series_of_plan(),
                            .metrics = {{metric, value}}});
        }
    }
    return past;
}

spec::Threshold threshold_of(const std::string& metric, const std::string& against, bool noise,
                             double allowance) {
    return {.metric = metric,
            .minimum = {},
            .maximum = {},
            .regression = spec::Regression{.against = against,
                                           .worse_than = "as written",
                                           .noise = noise,
                                           .allowance = allowance}};
}

report::CheckedThreshold check_one(const spec::Threshold& threshold,
                                   const std::vector<double>& present,
                                   const std::vector<std::vector<double>>& past) {
    const auto checked = campaign::check_regressions(
        {&threshold, 1}, measured_of(threshold.metric, present), plan_of(present.size()),
        Past{{threshold.regression->against, past_of(threshold.metric, past)}});
    REQUIRE(checked.size() == 1);
    return checked[0];
}

}  // namespace

TEST_CASE("a part of the earlier median is allowed, to the worse side of the metric") {
    struct Row {
        const char* metric;
        double now;
        bool passed;
    };

    const Row rows[] = {{"throughput", 95.0, true},  {"throughput", 94.9, false},
                        {"throughput", 500, true},   {"batch.p99", 105.0, true},
                        {"batch.p99", 105.1, false}, {"batch.p99", 1, true}};
    for (const Row& row : rows) {
        CAPTURE(row.now);
        const auto checked =
            check_one(threshold_of(row.metric, "last", false, 0.05), {row.now}, {{90, 100, 110}});
        CHECK(checked.passed == row.passed);
        CHECK_FALSE(checked.undecided());
        CHECK(checked.value == row.now);
        CHECK(checked.regression->reference == 100);
        CHECK_FALSE(checked.regression->noise.has_value());
        CHECK(checked.regression->runs == std::vector<std::string>{"1"});
        CHECK_FALSE(checked.measurement.has_value());
    }
}

TEST_CASE("noise is the larger spread of earlier medians and of the repeats") {
    // Medians 98, 100, 102: the median deviation is 2, so that the noise is 2 * 1.4826 * 2 %.
    const spec::Threshold threshold = threshold_of("throughput", "tag:main", true, 0.02);
    const std::vector<std::vector<double>> past{{98}, {100, 90, 110}, {102}};
    const auto quiet = check_one(threshold, {100, 100, 100}, past);
    CHECK(*quiet.regression->noise == doctest::Approx(0.0593).epsilon(0.001));
    CHECK(*quiet.minimum == doctest::Approx(100 * (1 - 0.0593 - 0.02)).epsilon(0.001));
    CHECK(quiet.passed);
    CHECK(check_one(threshold, {92.2, 92.2, 92.2}, past).passed);
    CHECK_FALSE(check_one(threshold, {91.9, 91.9, 91.9}, past).passed);
    const auto loud = check_one(threshold, {80, 90, 100}, past);
    CHECK(*loud.regression->noise == doctest::Approx(2 * 1.4826 * 10 / 90).epsilon(0.001));
    CHECK(loud.passed);
}

TEST_CASE("what is not known decides nothing") {
    const spec::Threshold noisy = threshold_of("throughput", "tag:main", true, 0);
    CHECK(check_one(noisy, {1, 1, 1}, {{100}, {100}}).undecided());
    CHECK(check_one(noisy, {1, 1}, {{100}, {100}, {100}}).undecided());
    CHECK(check_one(noisy, {1, 1, 1}, {{100, 100, 100}}).undecided());  // one run of a tag
    CHECK_FALSE(check_one(noisy, {1, 1, 1}, {{100}, {100}, {100}}).undecided());
    const spec::Threshold of_run = threshold_of("throughput", "run:1", true, 0);
    CHECK_FALSE(check_one(of_run, {1, 1, 1}, {{100, 100, 100}}).undecided());
    const spec::Threshold plain = threshold_of("load.late_fraction", "last", false, 0.05);
    CHECK(check_one(plain, {0.5}, {}).undecided());
    CHECK(check_one(plain, {0.5}, {{0, 0, 0}}).undecided());
    for (const auto& one : {check_one(plain, {0.5}, {}), check_one(noisy, {1}, {{1}})}) {
        CHECK_FALSE(one.passed);
        CHECK_FALSE(one.minimum.has_value());
        CHECK_FALSE(one.maximum.has_value());
    }
}

TEST_CASE("only the same load is compared, and a metric that was not measured decides nothing") {
    const spec::Threshold threshold = threshold_of("throughput", "last", false, 0.05);
    const Past past{{"last", past_of("throughput", {{100}})}};
    const auto other = campaign::check_regressions({&threshold, 1}, measured_of("throughput", {1}),
                                                   plan_of(1, 2), past);
    REQUIRE(other.size() == 1);
    CHECK(other[0].undecided());
    const auto missing = campaign::check_regressions({&threshold, 1}, measured_of("batch.p99", {1}),
                                                     plan_of(1), past);
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].undecided());
    CHECK(campaign::check_regressions({&threshold, 1}, {}, plan_of(1), past).empty());
}

TEST_CASE("earlier runs are found by tag, by id, and as the last of the same name") {
    const elytra::test::TempDirectory directory;
    using records::test::make_run;
    const auto result_of = [](const std::string& id, double throughput) {
        json result = records::test::result_of(id, throughput);
        result["plan"]["subjects"] = plan_of(0)["subjects"];
        return result;
    };
    const std::string runs = directory.path("runs");
    json incomplete = result_of("0004-brisk-otter", 400);
    incomplete["run"]["state"] = "incomplete";
    json other = result_of("0003-brisk-otter", 300);
    other["run"]["name"] = "other";
    make_run(runs, "0001-brisk-otter", result_of("0001-brisk-otter", 100));
    make_run(runs, "0002-brisk-otter", result_of("0002-brisk-otter", 200));
    make_run(runs, "0003-brisk-otter", other);
    make_run(runs, "0004-brisk-otter", incomplete);
    for (const char* const id : {"0001-brisk-otter", "0003-brisk-otter", "0004-brisk-otter"}) {
        REQUIRE(records::write_tags(runs + "/" + id, {"main"}).has_value());
    }
    auto index = records::RunIndex::open(runs);
    REQUIRE(index.has_value());
    const std::string name = result_of("x", 1)["run"]["name"];
    const auto throughputs = [&](const char* against) {
        const spec::Threshold threshold = threshold_of("throughput", against, false, 0);
        const auto past =
            campaign::read_past(*index, {&threshold, 1}, report::RunKind::bench, name);
        REQUIRE(past.has_value());
        std::vector<double> values;
        for (const PastMeasurement& one : past->at(against)) {
            values.push_back(one.metrics.at("throughput"));
        }
        return values;
    };
    CHECK(throughputs("last") == std::vector<double>{200, 200});
    CHECK(throughputs("run:1") == std::vector<double>{100, 100});
    CHECK(throughputs("tag:main") == std::vector<double>{100, 100, 300, 300});
    CHECK(throughputs("tag:none").empty());
    const spec::Threshold missing = threshold_of("throughput", "run:99", false, 0);
    const auto past = campaign::read_past(*index, {&missing, 1}, report::RunKind::bench, name);
    REQUIRE_FALSE(past.has_value());
    CHECK(past.error().starts_with("run:99: there is no such run"));
}
