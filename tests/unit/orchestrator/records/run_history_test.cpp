#include "orchestrator/records/run_history.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace elytractl::records;

namespace {

MetricRow value(std::size_t number, const std::string& name, double throughput) {
    MetricRow row;
    row.run = fmt::format("{:04}-brisk-otter", number);
    row.kind = "bench";
    row.name = name;
    row.cell = "{}";
    row.metric = "throughput";
    row.value = throughput;
    return row;
}

}  // namespace

TEST_CASE("runs of different names are different series, and repeats are one point") {
    const auto history = history_json(
        "throughput", {value(1, "x", 1), value(1, "x", 3), value(2, "y", 5), value(3, "x", 7)});
    REQUIRE(history["series"].size() == 2);
    REQUIRE(history["series"][0]["points"].size() == 2);
    CHECK(history["series"][0]["points"][0]["value"] == 2);
    CHECK(history["series"][0]["points"][0]["n"] == 2);
    CHECK(history["series"][1]["name"] == "y");
}

TEST_CASE("a lasting change is told with the run where it began") {
    std::vector<MetricRow> rows;
    for (std::size_t run = 1; run <= 20; ++run) {
        const double noise = static_cast<double>(run * 7 % 5) * 100;
        rows.push_back(value(run, "x", (run <= 12 ? 100'000 : 90'000) + noise));
    }
    const auto history = history_json("throughput", rows);
    REQUIRE(history["series"][0]["changes"].size() == 1);
    CHECK(history["series"][0]["changes"][0]["run"] == "0013-brisk-otter");
    CHECK(history["series"][0]["changes"][0]["direction"] == "worse");
    CHECK(history_text(history).find("worse since 0013-brisk-otter") != std::string::npos);
}
