#include "orchestrator/report/junit_report.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/metric_unit.hpp"
#include "orchestrator/report/result_reading.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::quantity;
using quantities::Unit;

struct TestCase {
    std::string group;
    std::string name;
    double seconds = 0;
    std::string_view outcome;  // "failure", "error", "skipped"; empty where it passed
    std::string text;
};

// XML 1.0 has no way to write control characters other than tab and line ends.
std::string xml_text(std::string_view text) {
    std::string printable;
    for (const char letter : text) {
        const bool control = static_cast<unsigned char>(letter) < 0x20;
        printable += control && letter != '\n' && letter != '\t' ? ' ' : letter;
    }
    return escaped(printable);
}

std::string reasons_text(const json& verdict) {
    std::vector<std::string> texts;
    for (const json& reason : list_of(verdict, "reasons")) {
        texts.push_back(text_of(reason, "text"));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
}

std::string name_of(const json& measurement) {
    return fmt::format("measurement {:.0f}, {}", number_of(measurement, "index").value_or(0) + 1,
                       measurement_title(measurement));
}

TestCase measurement_case(const json& measurement) {
    const json& verdict = part_of(measurement, "verdict");
    const std::string word = text_of(verdict, "word");
    const std::vector<std::string> trouble = trouble_of(measurement);
    TestCase test{.group = "measurement", .name = name_of(measurement), .outcome = {}, .text = {}};
    test.seconds = number_of(part_of(measurement, "phases"), "measurement_ns").value_or(0) / 1e9;
    if (!trouble.empty()) {
        test.outcome = text_of(measurement, "completion") == "complete" ? "failure" : "error";
        test.text = fmt::format("{}", fmt::join(trouble, "; "));
    } else if (word == "INVALID") {
        test.outcome = "error";
        test.text = "INVALID: " + reasons_text(verdict);
    } else if (word == "INCONCLUSIVE") {
        test.outcome = "skipped";
        test.text = "INCONCLUSIVE: " + reasons_text(verdict);
    }
    return test;
}

std::string threshold_name(const json& threshold) {
    const std::string metric = text_of(threshold, "metric");
    const json& regression = part_of(threshold, "regression");
    if (!regression.is_object()) {
        return fmt::format("{}, measurement {:.0f}", metric,
                           number_of(threshold, "measurement").value_or(0) + 1);
    }
    const auto at = number_of(threshold, "at");
    return fmt::format("{} against {}{}", metric, text_of(regression, "against"),
                       at.has_value() ? fmt::format(", at {:.4g} %", *at * 100) : "");
}

TestCase threshold_case(const json& threshold) {
    const std::string metric = text_of(threshold, "metric");
    const Unit unit = unit_of_metric(metric);
    const auto value = number_of(threshold, "value");
    const json& regression = part_of(threshold, "regression");
    TestCase test{
        .group = "threshold", .name = threshold_name(threshold), .outcome = {}, .text = {}};
    if (const std::string reason = text_of(regression, "undecided"); !reason.empty()) {
        test.outcome = "skipped";
        test.text = "undecided: " + reason;
    } else if (!value.has_value()) {
        test.outcome = "skipped";
        test.text = "the metric was not measured";
    } else if (!flag_of(threshold, "passed")) {
        test.outcome = "failure";
        test.text =
            fmt::format("{} is {}; allowed: at least {}, at most {}", metric, quantity(unit, value),
                        quantity(unit, number_of(threshold, "minimum")),
                        quantity(unit, number_of(threshold, "maximum")));
    }
    return test;
}

std::string to_xml(const TestCase& test) {
    const std::string head = fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                         test.group, xml_text(test.name), test.seconds);
    if (test.outcome.empty()) return head + "/>\n";
    return fmt::format("{}>\n    <{} message=\"{}\"/>\n  </testcase>\n", head, test.outcome,
                       xml_text(test.text));
}

std::size_t count_of(const std::vector<TestCase>& tests, std::string_view outcome) {
    return static_cast<std::size_t>(std::ranges::count(tests, outcome, &TestCase::outcome));
}

}  // namespace

std::string junit_report(const json& result) {
    std::vector<TestCase> tests;
    for (const json& measurement : list_of(result, "measurements")) {
        tests.push_back(measurement_case(measurement));
    }
    for (const json& threshold : list_of(result, "thresholds")) {
        tests.push_back(threshold_case(threshold));
    }
    const json& run = part_of(result, "run");
    std::string xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"elytractl {} {}\" "
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" timestamp=\"{}\">\n",
        xml_text(text_of(run, "kind")), xml_text(text_of(run, "id")), tests.size(),
        count_of(tests, "failure"), count_of(tests, "error"), count_of(tests, "skipped"),
        xml_text(text_of(run, "started")));
    for (const TestCase& test : tests) xml += to_xml(test);
    return xml + "</testsuite>\n";
}

}  // namespace elytractl::report
