#include "orchestrator/report/render.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/svg_plot.hpp"
#include "tests/support/example_result.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::Unit;

bool contains(const std::string& text, std::string_view wanted) {
    return text.find(wanted) != std::string::npos;
}

std::string rendered(const json& result, ReportFormat format) {
    return render_report(result, format, {});
}

TEST_CASE("every format has a name that leads back to it") {
    for (const std::string& name : report_format_names()) {
        CAPTURE(name);
        const std::optional<ReportFormat> format = report_format(name);
        REQUIRE(format.has_value());
        CHECK(to_text(*format) == name);
    }
    CHECK_FALSE(report_format("pdf").has_value());
}

TEST_CASE("every format renders a result that is empty or damaged as far as it goes") {
    for (const json& result :
         {json(), json::array(), json{{"measurements", {1, nullptr}}},
          json{{"summary", {{{"n", 1}, {"metrics", {{"throughput", {{"median", 1}}}}}}}}},
          json{{"measurements", {{{"series", {{"columns", {"at_ms"}}, {"rows", {{"x"}}}}}}}}},
          json{{"sweep", {{"steps", {{{"offered", 1e300}}}}}}},
          json{{"comparison", {{"metrics", {{"x", {{"ratio", nullptr}}}}}}}}}) {
        CAPTURE(result.dump());
        for (const std::string& name : report_format_names()) {
            CHECK_NOTHROW(rendered(result, *report_format(name)));
        }
    }
}

TEST_CASE("no text of a result becomes markup of the page") {
    const std::string html = rendered(example_incomplete(), ReportFormat::html);
    CHECK_FALSE(contains(html, "<script>alert"));
    CHECK_FALSE(contains(html, "<img"));
    CHECK_FALSE(contains(html, "<b>disk full"));
    CHECK(contains(html, "&lt;b&gt;disk full&lt;/b&gt; &amp; more"));
}

TEST_CASE("the page tells the machine, its kernel and who else used it") {
    const std::string html = rendered(example_bench(), ReportFormat::html);
    for (const std::string_view wanted :
         {"quiet mitigations=auto", "Mitigation: Retpolines; IBPB: conditional",
          "version 2, 1.50 CPUs, no memory limit", "cc1plus (4711) 97 %", "ninja (4700) 4 %",
          "not looked", "loopback", "configuration 777777777777"}) {
        CAPTURE(wanted);
        CHECK(contains(html, wanted));
    }
    CHECK_FALSE(contains(html, "cron"));  // below one percent
}

TEST_CASE("the page refers to nothing outside itself") {
    const std::string html = rendered(example_bench(), ReportFormat::html);
    for (const std::string_view outside :
         {"<img", "<iframe", "<link", "@import", "url(", "sourceMappingURL"}) {
        CAPTURE(outside);
        CHECK_FALSE(contains(html, outside));
    }
    CHECK(contains(html, "default-src 'none'"));
    CHECK(contains(html, "Permission is hereby granted"));
}

TEST_CASE("JSON in a script cannot close it") {
    CHECK(script_json({{"text", "</script>"}}) == "{\"text\":\"\\u003c/script>\"}");
}

TEST_CASE("an axis from zero ends on a round number and names its unit once") {
    const PlotAxis axis = axis_from_zero(Unit::microseconds, 31'400, 4);
    CHECK(axis.low == 0);
    CHECK(axis.high == doctest::Approx(40'000));
    REQUIRE(axis.ticks.size() == 5);
    CHECK(axis.ticks[1].text == "10");
    CHECK(axis.ticks[4].text == "40 ms");
    CHECK(axis_from_zero(Unit::number, 0, 4).high == doctest::Approx(1));
}

TEST_CASE("a logarithmic axis places every power of ten evenly") {
    const PlotAxis axis{.low = 1, .high = 1000, .kind = AxisKind::logarithmic};
    CHECK(axis.position(1) == doctest::Approx(0));
    CHECK(axis.position(10) == doctest::Approx(1.0 / 3));
    CHECK(axis.position(1000) == doctest::Approx(1));
}

TEST_CASE("a line of a drawing is broken where there is no number") {
    SvgPlot plot(axis_of_seconds(0, 3), axis_from_zero(Unit::number, 1, 2));
    const PlotPoint points[] = {{0, 0}, {1, 1}, {2, NAN}, {3, 0}};
    plot.line(points, "c1");
    CHECK(contains(plot.html("x"), "d=\"M0.0 1000.0L333.3 0.0M1000.0 1000.0\""));
}

TEST_CASE("Markdown escapes what it would take as markup") {
    const std::string markdown = rendered(example_incomplete(), ReportFormat::markdown);
    CHECK(contains(markdown, "**INVALID**"));
    CHECK(contains(markdown, "\\<b\\>disk full\\</b\\> \\& more"));
    CHECK(
        contains(rendered(example_comparison(), ReportFormat::markdown), "| throughput | +3.9 %"));
}

TEST_CASE("JUnit has a case for each measurement and each bound") {
    const std::string junit = rendered(example_bench(), ReportFormat::junit);
    CHECK(contains(junit, "tests=\"20\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    CHECK(contains(junit, "<failure message=\"batch.max is "));
    const std::string incomplete = rendered(example_incomplete(), ReportFormat::junit);
    CHECK(contains(incomplete, "tests=\"2\" failures=\"0\" errors=\"2\""));
    CHECK(contains(incomplete, "<error message=\"INVALID: r1 ended: &lt;b&gt;"));
}

TEST_CASE("the series are one number a line") {
    const std::string csv = rendered(example_bench(), ReportFormat::csv);
    CHECK(csv.starts_with("measurement,subject,repeat,source,seconds,phase,column,value\n"));
    CHECK(contains(csv, "\n0,,0,load,0,warm_up,offered,"));
    CHECK(contains(csv, "\n4,,4,r2,"));
    CHECK(contains(csv, ",host,"));
    CHECK(std::ranges::count(csv, '\n') > 1000);
}

TEST_CASE("JSON comes back as it was") {
    const json result = example_sweep();
    CHECK(json::parse(rendered(result, ReportFormat::json)) == result);
}

}  // namespace
}  // namespace elytractl::report
