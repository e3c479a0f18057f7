#include "orchestrator/host/doctor_report.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/host/doctor.hpp"

namespace elytractl::host {
namespace {

constexpr std::size_t two_columns_width_min = 100;
constexpr std::size_t column_width_min = 40;
constexpr std::size_t label_width = 6;  // " warn "
constexpr std::size_t gap_width = 2;

using Lines = std::vector<std::string>;

// Breaks at blanks; a word longer than the width stands alone and sticks out.
Lines wrap(std::string_view text, std::size_t width) {
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = text.find(' ');
        const std::string_view word = text.substr(0, end);
        if (lines.empty() || lines.back().size() + 1 + word.size() > width) {
            lines.emplace_back(word);
        } else {
            lines.back().append(" ").append(word);
        }
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return lines;
}

void append(Lines& lines, const Finding& finding, std::size_t width) {
    const std::string text =
        finding.advice.empty() ? finding.text : finding.text + "; " + finding.advice;
    std::string label = fmt::format(" {:<5}", to_text(finding.level));
    for (const std::string& line : wrap(text, width - label_width)) {
        lines.push_back(label + line);
        label.assign(label_width, ' ');
    }
}

bool in_order(const Finding& finding) { return finding.level < Level::warn; }

Lines column(std::span<const Finding> findings, bool wanted_in_order, std::size_t width) {
    Lines lines;
    for (const Finding& finding : findings) {
        if (in_order(finding) == wanted_in_order) append(lines, finding, width);
    }
    return lines;
}

std::string_view line_of(const Lines& lines, std::size_t index) {
    return index < lines.size() ? std::string_view(lines[index]) : std::string_view();
}

}  // namespace

std::string doctor_text(std::span<const Finding> findings, std::size_t width) {
    std::string text;
    if (width < two_columns_width_min || std::ranges::all_of(findings, in_order)) {
        const std::size_t one = std::max(width, column_width_min);
        for (const bool wanted : {true, false}) {
            for (const std::string& line : column(findings, wanted, one)) text += line + "\n";
        }
        return text;
    }
    const std::size_t half = (width - gap_width) / 2;
    const Lines left = column(findings, true, half);
    const Lines right = column(findings, false, half);
    for (std::size_t index = 0; index < std::max(left.size(), right.size()); ++index) {
        std::string line = fmt::format("{:<{}}{:{}}{}", line_of(left, index), half, "", gap_width,
                                       line_of(right, index));
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

nlohmann::json doctor_json(std::span<const Finding> findings, const HostFacts& facts) {
    nlohmann::json list = nlohmann::json::array();
    for (const Finding& finding : findings) {
        list.push_back({{"id", finding.id},
                        {"level", to_text(finding.level)},
                        {"text", finding.text},
                        {"value", finding.value},
                        {"advice", finding.advice}});
    }
    return {{"schema", "elytractl-doctor/1"},
            {"suitable", host_suitable(findings)},
            {"findings", std::move(list)},
            {"facts", to_json(facts)}};
}

}  // namespace elytractl::host
