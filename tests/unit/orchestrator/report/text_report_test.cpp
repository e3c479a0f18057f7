#include "orchestrator/report/text_report.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/columns.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "tests/support/example_result.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

bool contains(const std::string& text, std::string_view wanted) {
    return text.find(wanted) != std::string::npos;
}

TEST_CASE("the closing screen names rate, latencies, bounds, verdict and how to repeat") {
    const std::string text = text_report(example_bench(), {.columns = 100});
    CAPTURE(text);
    CHECK(contains(text, "92 000 transfers/s offered, "));
    CHECK(contains(text, "batch latency from the intended start   p50 "));
    CHECK(contains(text, "split at p99: fill "));
    CHECK(contains(text, "p99.9 not shown: "));
    CHECK(contains(text, "threshold batch.max <= 32.0 ms: "));
    CHECK(contains(text, "VERDICT  USABLE WITH CARE: 3 replicas"));
    CHECK(contains(text, "brackets: 95 % interval, BCa bootstrap of the median over runs, 5 runs"));
    CHECK(contains(text, "report: runs/0042-brisk-otter/report.html"));
    CHECK(contains(text, "repeat: elytractl bench -n 3"));
    CHECK_FALSE(contains(text, "\x1b["));
}

TEST_CASE("a percentile of a single run has its interval where that is wide") {
    const auto report_of = [](int low, int high) {
        const json place{{"cell", json::object()}, {"rate", nullptr}, {"subject", ""}};
        json series = place;
        series["n"] = 1;
        series["metrics"] = {{"batch.p99", {{"median", 31'400}, {"values", {31'400}}}},
                             {"throughput", {{"median", 5000}, {"values", {5000}}}}};
        json measurement = place;
        measurement["completion"] = "complete";
        measurement["role"] = "measurement";
        measurement["latency"] = {
            {"batch", {{"quantiles", {{"p99", 31'400}}}, {"intervals", {{"p99", {low, high}}}}}}};
        return text_report({{"summary", {series}}, {"measurements", {measurement}}},
                           {.columns = 200});
    };
    const std::string wide = report_of(30'200, 33'000);
    CHECK(contains(wide, "p99 31.4 ms [30.2, 33.0]"));
    CHECK(contains(wide, "brackets of a single run: 95 % interval"));
    const std::string narrow = report_of(31'000, 32'500);
    CHECK(contains(narrow, "p99 31.4 ms"));
    CHECK_FALSE(contains(narrow, "["));
    CHECK_FALSE(contains(narrow, "brackets"));
}

TEST_CASE("how throughput follows the clients is one sentence") {
    json result = example_bench();
    CHECK_FALSE(contains(text_report(result, {.columns = 200}), "crosstalk"));
    result["scalability"] = {{"lambda", 1000},        {"sigma", 0.05},
                             {"kappa", 0.001},        {"error", 0.013},
                             {"peak_clients", 30.8},  {"peak_throughput", 8986},
                             {"points", {1, 2, 3, 4}}};
    CHECK(contains(text_report(result, {.columns = 200}),
                   "clients: one alone 1 000/s, contention 5 %, crosstalk 0.1 %; most with about "
                   "31, 8 986/s; the curve is off by at most 1.3 %"));
    result["scalability"]["peak_clients"] = nullptr;
    result["scalability"]["points"].erase(0);
    CHECK(contains(text_report(result, {.columns = 200}),
                   "no number of them is too many; three points fit any such curve"));
}

TEST_CASE("no line is wider than the terminal, unless a word is") {
    for (const std::size_t columns : {120u, 80u, 50u, 40u}) {
        for (const json& result : {example_bench(), example_comparison(), example_sweep()}) {
            std::istringstream lines(text_report(result, {.columns = columns}));
            for (std::string line; std::getline(lines, line);) {
                CAPTURE(line);
                CHECK(elytractl::quantities::columns_of(line) <= columns);
            }
        }
    }
}

TEST_CASE("colour is used when asked for") {
    const std::string text = text_report(example_incomplete(), {.columns = 80, .colour = true});
    CHECK(contains(text, "\x1b[1;31mVERDICT  INVALID"));
}

TEST_CASE("a rate that was not served is said in a sentence") {
    const std::string text = text_report(example_incomplete(), {.columns = 200});
    CHECK(contains(text, "offered 150 000/s, served 10"));
    CHECK(contains(text, "lower the rate"));
    CHECK_FALSE(contains(text_report(example_bench(), {}), "lower the rate"));
}

TEST_CASE("a comparison shows the noise floor beside the difference") {
    const std::string text = text_report(example_comparison(), {.columns = 120});
    CAPTURE(text);
    CHECK(contains(text, "A/A noise floor ±1.8 %"));
    CHECK(contains(text, "+3.9 % [+2.6, +5.1]   better"));
    CHECK(contains(text, "undecided, about 9 more pairs needed"));
}

TEST_CASE("a sweep shows its steps and its knee") {
    const std::string text = text_report(example_sweep(), {.columns = 120});
    CHECK(contains(text, "closed-loop ceiling 131 000/s"));
    CHECK(contains(text, "knee: 117 900/s with p99 <= 40 ms"));
    CHECK(contains(text, "not steady up"));
    CHECK(contains(text, "hysteresis: at 90 % p99 was 21.0 ms up and 80.0 ms down"));
    CHECK(contains(text, "recovery: 70 % after an overload that left 65 500 events: served"));
}

TEST_CASE("a result that is damaged or empty is rendered as far as it goes") {
    for (const json& result : {json(), json::array(), json{{"summary", 3}, {"run", "x"}},
                               json{{"measurements", {1, nullptr}}, {"verdict", {{"word", 5}}}},
                               json{{"summary", {{{"metrics", {{"throughput", 1}}}}}}}}) {
        CHECK_NOTHROW(text_report(result, {}));
    }
}

TEST_CASE("repeats too few for an interval are shown one by one") {
    Estimate estimate;
    estimate.metric = "batch.p99";
    estimate.median = 31'400;
    estimate.values = {30'000, 31'400, 33'000};
    CHECK(to_text(estimate) == "31.4 ms (30.0 31.4 33.0)");
    estimate.low = 30'200;
    estimate.high = 33'000;
    CHECK(to_text(estimate) == "31.4 ms [30.2, 33.0]");
}

TEST_CASE("the command to repeat is quoted for a shell") {
    const json arguments{"elytractl", "--name", "it's <x>", ""};
    CHECK(shell_command(arguments) == "elytractl --name 'it'\\''s <x>' ''");
}

}  // namespace
}  // namespace elytractl::report
