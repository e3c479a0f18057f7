#include "orchestrator/report/html_report.hpp"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/report/html_findings.hpp"
#include "orchestrator/report/html_latency.hpp"
#include "orchestrator/report/html_overview.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/html_timeline.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/page_assets.hpp"
#include "orchestrator/report/result_reading.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

std::string page_head(const json& result) {
    const json& run = part_of(result, "run");
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        // Nothing may be fetched, whatever the texts in the result are.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
        "<title>{} {} – {}</title>\n<style>{}\n{}</style>\n</head>\n",
        escaped(text_of(run, "kind")), escaped(text_of(run, "id")),
        escaped(text_of(part_of(result, "verdict"), "word")), dygraphs_style, page_style);
}

// The first measurement lies open, the others are folded.
std::string folded(const json& result, std::string (*content_of)(const json&)) {
    std::string html;
    bool first = true;
    for (const json& measurement : list_of(result, "measurements")) {
        const std::string content = content_of(measurement);
        if (content.empty()) continue;
        const std::string title =
            fmt::format("Measurement {:.0f}: {}", number_of(measurement, "index").value_or(0) + 1,
                        measurement_title(measurement));
        html += fmt::format("<details{}><summary>{}</summary>\n{}</details>\n",
                            first ? " open" : "", escaped(title), content);
        first = false;
    }
    return html;
}

std::string page_foot() {
    return fmt::format(
        "<footer>{}</footer>\n</main>\n<script>{}</script>\n<script>{}</script>\n</body>\n"
        "</html>\n",
        html_details("Licence of dygraphs, which draws the zoomable charts",
                     fmt::format("<pre>{}</pre>\n", escaped(dygraphs_license))),
        dygraphs_script, page_script);
}

}  // namespace

std::string html_report(const json& result) {
    std::string html = page_head(result);
    html += "<body>\n<main>\n";
    html += html_heading(result);
    html += html_verdict(result);
    html +=
        html_section("comparison", "Comparison", html_comparison(part_of(result, "comparison")));
    const std::string sweep = html_sweep(part_of(result, "sweep"));
    html += html_section("sweep", "Saturation", sweep);
    // The steps of a sweep are its numbers.
    if (sweep.empty()) html += html_section("numbers", "Numbers", html_headline(result));
    html += html_section("thresholds", "Thresholds", html_thresholds(result));
    html += html_section("timeline", "Over time", folded(result, html_timeline));
    html += html_section("latency", "Latency", html_latency(result));
    html += html_section("resources", "Members and machine", folded(result, html_resources));
    html += html_section("measurements", "All measurements", html_measurements(result));
    html += html_section("members", "All members", html_members(result));
    html += html_section("reproduction", "Do it again", html_reproduction(result));
    return html + page_foot();
}

}  // namespace elytractl::report
