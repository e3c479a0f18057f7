#include "orchestrator/report/result_json.hpp"

#include <string>

#include <doctest/doctest.h>

#include "bench/load/histogram_log.hpp"
#include "orchestrator/report/latency_json.hpp"
#include "orchestrator/report/measurement_json.hpp"
#include "orchestrator/report/measurement_metrics.hpp"
#include "orchestrator/report/scalability_json.hpp"
#include "tests/support/example_result.hpp"
#include "tests/support/example_traffic.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

constexpr double percentiles[] = {50, 90, 99, 99.9, 99.99};

TEST_CASE("a quantile is in the result only with ten samples above it") {
    elytra::bench::LatencyHistogram histogram;

    struct Row {
        std::uint64_t samples;
        bool shown;
        std::uint64_t above;
    };

    std::uint64_t recorded = 0;
    for (const Row& row : {Row{999, false, 9}, Row{1000, true, 10}}) {
        CAPTURE(row.samples);
        histogram.add(500, row.samples - recorded);
        recorded = row.samples;
        const json part = latency_json(histogram, named_quantiles(percentiles));
        CHECK(part["quantiles"].contains("p99") == row.shown);
        CHECK(part["count"] == row.samples);
        const json& first = part["not_shown"][0];
        CHECK(first["quantile"] == (row.shown ? "p99.9" : "p99"));
        CHECK(first["samples_above"] == (row.shown ? 1 : row.above));
    }
}

TEST_CASE("a quantile has the latencies of the ranks around it as its interval") {
    elytra::bench::LatencyHistogram histogram;
    for (std::uint64_t microseconds = 1; microseconds <= 1000; ++microseconds) {
        histogram.record_microseconds(microseconds);
    }
    const json part = latency_json(histogram, named_quantiles({}));
    CHECK(part["intervals"]["p50"] == json{469, 532});
    CHECK(part["intervals"]["p99"] == json{983, 997});
    CHECK(part["intervals"].size() == part["quantiles"].size());
}

TEST_CASE("the median and the 99th percentile are always among the quantiles") {
    const std::vector<NamedQuantile> quantiles = named_quantiles({});
    REQUIRE(quantiles.size() == 2);
    CHECK(quantiles[0].name == "p50");
    CHECK(quantiles[1].name == "p99");
}

TEST_CASE("the histogram in the result decodes to the one that was measured") {
    const run::MeasurementOutcome outcome = example_measurement({.rate = 50'000});
    const json measurement = measurement_json(outcome, {}, percentiles);
    const json& batch = measurement["latency"]["batch"];
    const auto decoded = elytra::bench::decode_histogram(batch["histogram"].get<std::string>());
    REQUIRE(decoded.has_value());
    CHECK(decoded->count() == outcome.traffic->latency.batch.count());
    CHECK(decoded->at({99, 100}) == outcome.traffic->latency.batch.at({99, 100}));
}

TEST_CASE("what an event costs is counted between the ends of the measurement") {
    run::MeasurementOutcome outcome;
    outcome.traffic.emplace();
    outcome.traffic->warm_up_nanoseconds = 1'000'000'000;
    outcome.traffic->measurement_nanoseconds = 1'000'000'000;
    outcome.traffic->measurement.accepted = 1000;
    run::MemberOutcome member;
    for (const std::uint64_t milliseconds : {500u, 1500u, 2500u}) {
        run::MemberSample sample;
        sample.at_nanoseconds = milliseconds * 1'000'000;
        sample.cpu_user_microseconds = milliseconds * 600;
        sample.cpu_system_microseconds = milliseconds * 200;
        sample.written_bytes = milliseconds * 400;
        member.samples.push_back(sample);
    }
    outcome.members = {member, member};
    const std::optional<EventCost> cost = event_cost(outcome);
    REQUIRE(cost.has_value());
    CHECK(cost->cpu_microseconds == doctest::Approx(2 * 800.0));
    CHECK(cost->written_bytes == doctest::Approx(2 * 400.0));

    outcome.members.back().samples.pop_back();  // ends in the middle of the measurement
    CHECK_FALSE(event_cost(outcome).has_value());
}

TEST_CASE("the generator is as busy as its busiest thread") {
    elytra::bench::TrafficResult traffic;
    traffic.threads = {{.cpu_nanoseconds = 10, .nanoseconds = 100, .audit_nanoseconds = 5},
                       {.cpu_nanoseconds = 90, .nanoseconds = 100, .audit_nanoseconds = 0}};
    CHECK(generator_busy(traffic) == doctest::Approx(0.9));
    CHECK(audit_share(traffic) == doctest::Approx(0.05));
}

TEST_CASE("a series holds the complete repeats of one cell, rate and subject") {
    const json result = example_comparison();
    REQUIRE(result["summary"].size() == 2);
    CHECK(result["summary"][0]["subject"] == "a");
    CHECK(result["summary"][0]["n"] == 12);
    CHECK(result["summary"][1]["metrics"]["throughput"]["values"].size() == 12);
    CHECK(result["summary"][1]["metrics"]["throughput"]["interval"].is_object());

    const json incomplete = example_incomplete();
    REQUIRE(incomplete["measurements"].size() == 2);
    CHECK(incomplete["summary"].size() == 1);
}

TEST_CASE("throughput over clients has its law only where nothing else differs") {
    const auto series = [](json cell, double throughput) {
        return json{{"cell", std::move(cell)},
                    {"rate", nullptr},
                    {"subject", ""},
                    {"metrics", {{"throughput", {{"median", throughput}}}}}};
    };
    json summary{series({{"/load/clients", 1}}, 1000), series({{"/load/clients", 2}}, 1900),
                 series({{"/load/clients", 8}}, 4000), series({{"/load/clients", 16}}, 3800)};
    const json law = scalability_json(summary);
    REQUIRE(law.is_object());
    CHECK(law["lambda"].get<double>() == doctest::Approx(1000).epsilon(0.1));
    CHECK(law["peak_clients"].get<double>() > 8);
    CHECK(law["peak_clients"].get<double>() < 16);
    CHECK(law["points"][3]["fitted"].get<double>() == doctest::Approx(3800).epsilon(0.1));

    json open = summary;
    open[1]["rate"] = 5000;
    CHECK(scalability_json(open).is_null());
    summary.push_back(series({{"/load/clients", 16}, {"/load/batch_max", 10}}, 100));
    CHECK(scalability_json(summary).is_null());
    CHECK(scalability_json(json::array()).is_null());
}

TEST_CASE("the median of an even number of repeats lies between the middle ones") {
    json measurements = json::array();
    for (const double value : {9.0, 1.0, 4.0, 2.0}) {
        measurements.push_back({{"cell", json::object()},
                                {"rate", nullptr},
                                {"subject", ""},
                                {"role", "measurement"},
                                {"completion", "complete"},
                                {"metrics", {{"throughput", value}}}});
    }
    const json summary = summary_json(measurements);
    const json& throughput = summary[0]["metrics"]["throughput"];
    CHECK(throughput["median"] == 3.0);
    CHECK(throughput["mean"] == 4.0);
    CHECK(throughput["interval"].is_null());
}

TEST_CASE("a result keeps no text that is not UTF-8") {
    const json result = example_incomplete();
    CHECK_NOTHROW(result.dump());
    CHECK(result["measurements"][1]["completion"] == "member_failed");
    CHECK(result["measurements"][1]["members"][1]["reason"] == "disk_full");
    CHECK_FALSE(result["measurements"][1].contains("latency"));
}

TEST_CASE("the cells of a matrix are values, not texts of values") {
    const json cell = example_incomplete()["measurements"][0]["cell"];
    CHECK(cell["/load/clients"] == 4);
    CHECK(cell["/load/distribution"] == "<zipfian>");
}

TEST_CASE("times are written as UTC to the second") {
    CHECK(iso_time({.nanoseconds = 0}) == "1970-01-01T00:00:00Z");
    CHECK(iso_time({.nanoseconds = 1'795'273'199'999'999'999}) == "2026-11-21T14:59:59Z");
}

TEST_CASE("the histogram log has a line for each interval and for each part of the latency") {
    const run::MeasurementOutcome outcome = example_measurement({.measurement_seconds = 2});
    const std::string log = measurement_histogram_log(outcome);
    std::size_t intervals = 0;
    for (std::size_t at = log.find("Tag=batch.interval,"); at != std::string::npos;
         at = log.find("Tag=batch.interval,", at + 1)) {
        ++intervals;
    }
    CHECK(intervals == outcome.traffic->intervals.size());
    for (const std::string tag : {"event", "batch", "service", "warm_up.batch"}) {
        CAPTURE(tag);
        CHECK(log.find("\nTag=" + tag + ",") != std::string::npos);
    }
    CHECK(log.find("Tag=query") == std::string::npos);
    CHECK(measurement_histogram_log(example_failure(0)).empty());
}

}  // namespace
}  // namespace elytractl::report
