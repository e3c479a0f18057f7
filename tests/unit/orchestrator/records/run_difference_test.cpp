#include "orchestrator/records/run_difference.hpp"

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

TEST_CASE("two runs differ by their metrics, and by nothing else that was the same") {
    const auto difference =
        difference_json(test::result_of("0001-a-a", 100'000), test::result_of("0002-a-a", 110'000));
    CHECK(difference["plan"].empty());
    CHECK(difference["environment"].empty());
    double ratio = 0;
    for (const auto& row : difference["metrics"]) {
        if (row["metric"] == "throughput") ratio = row["ratio"];
    }
    CHECK(ratio == doctest::Approx(1.1));
    CHECK(difference_text(difference).find("+10.0 %") != std::string::npos);
}

TEST_CASE("what was not the same about machine and server is listed") {
    nlohmann::json other = test::example_result();
    other["environment"]["cpu_model"] = "another";
    other["environment"]["psi_start"]["pressure_cpu"] = 50;
    other["subjects"][0]["sha256"] = "0000";
    const auto difference = difference_json(test::example_result(), other);
    REQUIRE(difference["environment"].size() == 1);
    CHECK(difference["environment"][0]["path"] == "/cpu_model");
    CHECK(difference["subjects"][0]["path"] == "/0/sha256");
}

TEST_CASE("intervals that overlap or lie apart are told as such") {
    nlohmann::json a = test::result_of("0001-a-a", 100);
    nlohmann::json b = test::result_of("0002-a-a", 110);
    const auto relation = [&](double low, double high) {
        a["summary"][0]["metrics"]["throughput"]["interval"] = {{"low", 99}, {"high", 101}};
        b["summary"][0]["metrics"]["throughput"]["interval"] = {{"low", low}, {"high", high}};
        const nlohmann::json difference = difference_json(a, b);
        for (const auto& row : difference["metrics"]) {
            if (row["metric"] == "throughput") return row["intervals"].get<std::string>();
        }
        return std::string();
    };
    CHECK(relation(105, 115) == "apart");
    CHECK(relation(100.5, 115) == "overlap");
}

TEST_CASE("runs without a common group, or without anything, have no metrics to compare") {
    nlohmann::json other = test::example_result();
    other["summary"][0]["rate"] = 5;
    CHECK(difference_json(test::example_result(), other)["metrics"].empty());
    CHECK(difference_text(difference_json({}, {})).find("no group") != std::string::npos);
}
