#include "orchestrator/report/render.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "orchestrator/report/csv_series.hpp"
#include "orchestrator/report/html_report.hpp"
#include "orchestrator/report/junit_report.hpp"
#include "orchestrator/report/markdown_report.hpp"
#include "orchestrator/report/text_report.hpp"

namespace elytractl::report {
namespace {

constexpr int json_indent = 2;

// In the order of the enumerators.
constexpr std::array<std::string_view, 6> names{"text", "json", "html", "markdown", "junit", "csv"};

}  // namespace

std::string_view to_text(ReportFormat format) { return names[static_cast<std::size_t>(format)]; }

std::optional<ReportFormat> report_format(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<ReportFormat>(found - names.begin());
}

std::vector<std::string> report_format_names() { return {names.begin(), names.end()}; }

std::string render_report(const nlohmann::json& result, ReportFormat format,
                          const TextStyle& style) {
    switch (format) {
        case ReportFormat::text:
            return text_report(result, style);
        case ReportFormat::json:
            return result.dump(json_indent, ' ', false, nlohmann::json::error_handler_t::replace) +
                   "\n";
        case ReportFormat::html:
            return html_report(result);
        case ReportFormat::markdown:
            return markdown_report(result);
        case ReportFormat::junit:
            return junit_report(result);
        case ReportFormat::csv:
            return csv_series(result);
    }
    return {};
}

}  // namespace elytractl::report
