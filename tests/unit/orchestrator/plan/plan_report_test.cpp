#include "orchestrator/plan/plan_report.hpp"

#include <string>

#include <doctest/doctest.h>

#include "orchestrator/plan/build_plan.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"

using namespace elytractl;
using namespace elytractl::plan;

namespace {

Plan plan_of(std::string_view text) {
    const auto document = spec::read_document(text, "f");
    REQUIRE(document.has_value());
    const auto spec = spec::build_bench_spec(*document);
    REQUIRE(spec.has_value());
    return build_bench_plan(*spec);
}

bool contains(const std::string& text, std::string_view part) {
    CAPTURE(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a load is one line for every form of arrival") {
    const auto load = [](std::string_view arrival) {
        const Plan plan = plan_of(R"({"load": {"arrival": )" + std::string(arrival) + "}}");
        const std::string text = load_text(plan.subjects[0].cells[0]);
        return text.substr(0, text.find(';'));
    };
    CHECK(load("{}") == "closed loop");
    CHECK(load(R"({"think": "5ms"})") == "closed loop, pause 5ms");
    CHECK(load(R"({"rate": "92k/s"})") == "open loop, poisson 92k/s");
    CHECK(load(R"({"rate": "auto", "process": "constant", "steps": ["50%", 0.9]})") ==
          "open loop, constant, 50%, 90% of the maximum");
    CHECK(load(R"({"shape": [{"from": 0, "to": "80k/s", "for": "20s"},
                             {"rate": 500, "for": "100ms"}]})") ==
          "open loop, poisson, again and again: 0/s to 80k/s in 20s, 500/s for 100ms");
}

TEST_CASE("a plan names the driver of its load, as text where it is not our own") {
    const auto load = [](const Plan& plan) { return load_text(plan.subjects[0].cells[0]); };
    const auto driver = [](const Plan& plan) {
        return plan_json(plan)["subjects"][0]["cells"][0]["load"]["driver"];
    };
    const Plan own = plan_of("{}");
    CHECK(load(own).ends_with("; audited"));
    CHECK(driver(own) == "builtin:transfers");
    const Plan external = plan_of(R"({"load": {"driver": "exec:./my driver --fast"}})");
    CHECK(load(external).ends_with("; audited; through exec:./my driver --fast"));
    CHECK(driver(external) == "exec:./my driver --fast");
}

TEST_CASE("a plan as text names every measurement and every step") {
    const std::string text = plan_text(plan_of(
        R"({"name": "x", "cluster": {"start": {"development": true, "cache_grid": "1GiB"}},
            "load": {"clients": 2, "mix": {"query": "1%"}, "arrival": {"rate": "auto"}},
            "measure": {"repeat": 2}, "matrix": {"/load/accounts": [10, 20]}})"));
    CHECK(text.starts_with("bench \"x\": 14 measurements, about "));
    CHECK(contains(text, "/load/accounts = 10"));
    CHECK(contains(text, "--development --cache-grid=1GiB"));
    CHECK(contains(text, "99% plain, 1% query; audited"));
    CHECK(contains(text, "m0     cell 0  closed loop, to find the maximum"));
    CHECK(contains(text, "m13    cell 1  repeat 2 of 2  90% of what m4 accepts"));
    CHECK(contains(text, "steps of m0, m4\n  format r0"));
    CHECK(contains(text, "steps of m1-m3, m5-m13\n"));
    CHECK(contains(text, "remove"));
}

TEST_CASE("a comparison as text shows its blocks") {
    const auto spec = spec::load_bench_spec({});
    REQUIRE(spec.has_value());
    const auto plan = build_compare_plan(*spec, *spec, {.pairs = 2, .seed = 1});
    REQUIRE(plan.has_value());
    const std::string text = plan_text(*plan);
    CHECK(contains(text, "\nb\n"));
    CHECK(contains(text, "block 0  "));
    CHECK(contains(text, "block 2  a  noise"));
    CHECK(plan_json(*plan)["seed"] == 1);
}

TEST_CASE("a plan as JSON is complete") {
    const Plan plan =
        plan_of(R"({"load": {"arrival": {"rate": 500}}, "matrix": {"/load/accounts": [10, 20]}})");
    const auto json = plan_json(plan);
    CHECK(json["kind"] == "bench");
    CHECK(json["expected_ns"] == expected_nanoseconds(plan));
    CHECK(json["subjects"][0]["cells"][1]["load"]["accounts"] == 20);
    REQUIRE(json["measurements"].size() == 2);
    const auto& second = json["measurements"][1];
    CHECK(second["index"] == 1);
    CHECK(second["role"] == "measurement");
    CHECK(second["cell"]["/load/accounts"] == 20);
    CHECK(second["rate"] == 500);
    CHECK(second["rate_fraction"].is_null());
    CHECK(second["steps"].size() == plan.measurements[1].steps.size());
    CHECK(second["steps"][0]["step"] == "format");
    CHECK(second["steps"][0]["member"] == 0);
    CHECK(second["steps"][2]["member"].is_null());
}

TEST_CASE("estimates have two units at most") {
    constexpr std::uint64_t second = 1'000'000'000;
    CHECK(estimate_text(1'550'000'000) == "1.5s");
    CHECK(estimate_text(42 * second) == "42s");
    CHECK(estimate_text(1025 * second) == "17m 5s");
    CHECK(estimate_text(7380 * second) == "2h 3m");
}
