#include "orchestrator/records/value_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace elytractl::records {
namespace {

constexpr double kibi = 1024;

// "118 432"
std::string grouped(double value) {
    const std::string digits = fmt::format("{:.0f}", value);
    std::string text;
    for (std::size_t index = 0; index < digits.size(); ++index) {
        const std::size_t left = digits.size() - index;
        const bool boundary = index > 0 && left % 3 == 0 && digits[index - 1] != '-';
        if (boundary) text += ' ';
        text += digits[index];
    }
    return text;
}

std::string duration(double microseconds) {
    if (microseconds < 1000) return fmt::format("{:.0f} us", microseconds);
    if (microseconds < 1e5) return fmt::format("{:.2f} ms", microseconds / 1e3);
    if (microseconds < 1e6) return fmt::format("{:.0f} ms", microseconds / 1e3);
    return fmt::format("{:.2f} s", microseconds / 1e6);
}

std::string size(double bytes) {
    if (bytes < kibi) return fmt::format("{:.4g} B", bytes);
    if (bytes < kibi * kibi) return fmt::format("{:.1f} KiB", bytes / kibi);
    if (bytes < kibi * kibi * kibi) return fmt::format("{:.1f} MiB", bytes / kibi / kibi);
    return fmt::format("{:.2f} GiB", bytes / kibi / kibi / kibi);
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

// The last part of a pointer into the run file: "/load/clients" is clients.
std::string_view last_key(std::string_view pointer) {
    return pointer.substr(pointer.rfind('/') + 1);
}

void append(std::string& text, std::string_view piece) {
    if (piece.empty()) return;
    if (!text.empty()) text += ", ";
    text += piece;
}

}  // namespace

std::string metric_text(std::string_view metric, double value) {
    if (metric == "throughput") return grouped(value) + "/s";
    if (metric.ends_with("_fraction")) return fmt::format("{:.2f} %", value * 100);
    if (metric.find("bytes") != std::string_view::npos || metric == "member.rss_max") {
        return size(value);
    }
    if (metric.starts_with("cost.cpu")) return fmt::format("{:.2f} us", value);
    if (metric.starts_with("cost.")) return fmt::format("{:.4g}", value);
    return duration(value);
}

std::string change_text(double ratio) { return fmt::format("{:+.1f} %", (ratio - 1) * 100); }

std::string group_text(std::string_view subject, const nlohmann::json& cell,
                       const nlohmann::json& rate) {
    std::string text;
    append(text, subject);
    if (cell.is_object()) {
        for (const auto& [pointer, value] : cell.items()) {
            const auto replace = nlohmann::json::error_handler_t::replace;
            append(text,
                   fmt::format("{}={}", last_key(pointer), value.dump(-1, ' ', false, replace)));
        }
    }
    if (rate.is_number()) append(text, grouped(rate.get<double>()) + "/s");
    return text;
}

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], columns_of(row[column]));
        }
    }
    std::string text;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::string blank(widths[column] - columns_of(row[column]), ' ');
            if (column > 0) line += "  ";
            line += column == 0 ? row[column] + blank : blank + row[column];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace elytractl::records
