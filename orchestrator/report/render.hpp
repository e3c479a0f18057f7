#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/report/text_page.hpp"

namespace elytractl::report {

enum class ReportFormat : std::uint8_t { text, json, html, markdown, junit, csv };

std::string_view to_text(ReportFormat format);

// By its name; none where there is no such format.
std::optional<ReportFormat> report_format(std::string_view name);

// All names, as flags show them.
std::vector<std::string> report_format_names();

// Of a result of schema elytractl-bench/2; what it lacks is left out. `style` is for text alone.
std::string render_report(const nlohmann::json& result, ReportFormat format,
                          const TextStyle& style);

}  // namespace elytractl::report
