#include "bench/load/load_report.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "bench/load/histogram_log.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

LoadOptions options_with_everything() {
    LoadOptions options;
    options.validate = true;
    options.checksum_performance = true;
    return options;
}

LoadResult sample() {
    LoadResult result;
    result.started = WallTime{1'700'000'000'000'000'000};
    StageResult& transfers = result.stage(Stage::create_transfers);
    transfers.requests = 1222;
    transfers.events = transfers.accepted = 10'000'000;
    transfers.started_nanoseconds = 2'000'000'000;
    transfers.nanoseconds = 57'714'999'999;
    transfers.latency.add(6'400, 20);
    transfers.latency.add(35'020, 1180);
    transfers.latency.add(111'500, 21);
    transfers.latency.add(140'900, 1);
    StageResult& queries = result.stage(Stage::get_account_transfers);
    queries.requests = queries.events = queries.accepted = 100;
    queries.nanoseconds = 2'304'000'000;
    queries.latency.add(19'000, 100);
    result.stage(Stage::validate_accounts).accepted = 10'000;
    result.stage(Stage::validate_transfers).accepted = 10'000'000;
    result.checksum_nanoseconds = 45'900;
    return result;
}

}  // namespace

TEST_CASE("the text report keeps the labels and units that scripts look for") {
    CHECK(text_report(options_with_everything(), sample()) ==
          "1222 batches in 57.71 s\n"
          "transfer batch size = 8189 txs\n"
          "transfer batch delay = 0ns\n"
          "load accepted = 173265 tx/s\n"
          "batch latency p1   = 6 ms\n"
          "batch latency p50  = 35 ms\n"
          "batch latency p99  = 111 ms\n"
          "batch latency p100 = 140 ms\n"
          "batch latency in us: p1 6403 p50 35039 p99 111551 p100 140900\n"
          "\n"
          "100 queries in 2.30 s\n"
          "query latency p1   = 19 ms\n"
          "query latency p50  = 19 ms\n"
          "query latency p99  = 19 ms\n"
          "query latency p100 = 19 ms\n"
          "query latency in us: p1 19000 p50 19000 p99 19000 p100 19000\n"
          "validated 10000 accounts\n"
          "validated 10000000 transfers\n"
          "message size max = 1048576 bytes\n"
          "checksum message size max = 45 us\n");
}

TEST_CASE("without queries and validation their lines are absent") {
    LoadOptions options;
    options.query_count = 0;
    const std::string text = text_report(options, sample());
    CHECK(text.find("quer") == std::string::npos);
    CHECK(text.find("validated") == std::string::npos);
    CHECK(text.find("checksum") == std::string::npos);
}

TEST_CASE("the JSON report carries counts, quantiles with samples behind them, and histograms") {
    const nlohmann::json report = json_report(options_with_everything(), sample());
    CHECK(report["passed"] == true);
    CHECK(report["checksum_message_ns"] == 45'900);
    CHECK(report["options"]["id_order"] == "tbid");
    REQUIRE(report["stages"].size() == 2);
    const nlohmann::json& transfers = report["stages"][0];
    CHECK(transfers["stage"] == "create_transfers");
    CHECK(transfers["accepted_per_second"] == 173'265);
    const nlohmann::json& latency = transfers["latency"];
    CHECK(latency["count"] == 1222);
    CHECK(latency["max"] == 140'900);
    CHECK(latency["quantiles"].contains("p99"));
    CHECK_FALSE(latency["quantiles"].contains("p99.9"));
    const auto histogram = decode_histogram(latency["histogram"].get<std::string>());
    REQUIRE(histogram.has_value());
    CHECK(histogram->count() == 1222);
}

TEST_CASE("a load with errors has not passed") {
    LoadResult result = sample();
    result.errors.push_back("something");
    const nlohmann::json report = json_report(LoadOptions{}, result);
    CHECK(report["passed"] == false);
    CHECK(report["errors"][0] == "something");
}

TEST_CASE("the histogram log has a line for each stage that ran") {
    const std::string log = histogram_log(sample());
    CHECK(log.find("Tag=create_transfers,2.000,57.714,140.900,HIST") != std::string::npos);
    CHECK(log.find("Tag=get_account_transfers,") != std::string::npos);
    CHECK(log.find("Tag=register") == std::string::npos);
}

TEST_CASE("durations are written as flags take them") {
    CHECK(format_duration(0) == "0ns");
    CHECK(format_duration(1'500'000'000) == "1s500ms");
    CHECK(format_duration(3'661'000'000'001) == "1h1m1s1ns");
    CHECK(format_duration(250'000) == "250us");
}
