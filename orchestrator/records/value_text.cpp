#include "orchestrator/records/value_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/columns.hpp"
#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/metric_unit.hpp"

namespace elytractl::records {
namespace {

using quantities::columns_of;

// The last part of a pointer into the run file: "/load/clients" is clients.
std::string_view last_key(std::string_view pointer) {
    return pointer.substr(pointer.rfind('/') + 1);
}

bool looks_like_number(std::string_view text) {
    constexpr std::string_view begins = "0123456789+-[";
    return text.empty() || begins.find(text.front()) != std::string_view::npos;
}

void append(std::string& text, std::string_view piece) {
    if (piece.empty()) return;
    if (!text.empty()) text += ", ";
    text += piece;
}

}  // namespace

std::string metric_text(std::string_view metric, double value) {
    return quantities::quantity(report::unit_of_metric(metric), value);
}

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
    if (rate.is_number())
        append(text, quantities::quantity(quantities::Unit::per_second, rate.get<double>()));
    return text;
}

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    std::vector<bool> numbers(rows_.front().size(), true);
    for (std::size_t row = 1; row < rows_.size(); ++row) {
        for (std::size_t column = 0; column < rows_[row].size(); ++column) {
            if (!looks_like_number(rows_[row][column])) numbers[column] = false;
        }
    }
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
            line += numbers[column] ? blank + row[column] : row[column] + blank;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace elytractl::records
