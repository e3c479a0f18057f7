#include "orchestrator/report/csv_series.hpp"

#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/report/json_read.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

std::string field(std::string_view text) {
    if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char letter : text) {
        if (letter == '"') quoted += '"';
        quoted += letter;
    }
    return quoted + "\"";
}

// Every number of a table, a line each. `prefix` names measurement and source.
void append_table(std::string& csv, const json& table, const std::string& prefix) {
    const std::optional<std::size_t> time = column_of(table, "at_ms");
    const std::optional<std::size_t> phase = column_of(table, "phase");
    const json& columns = list_of(table, "columns");
    if (!time.has_value()) return;
    for (const json& row : list_of(table, "rows")) {
        const double seconds = number_in(cell_of(row, *time)).value_or(0) / 1000;
        const json& name = phase.has_value() ? cell_of(row, *phase) : cell_of(row, row.size());
        const std::string phase_text = name.is_string() ? name.get<std::string>() : std::string();
        for (std::size_t column = 0; column < columns.size(); ++column) {
            const std::optional<double> value = number_in(cell_of(row, column));
            if (column == *time || !value.has_value() || !columns[column].is_string()) continue;
            csv += fmt::format("{},{},{},{},{}\n", prefix, seconds, field(phase_text),
                               field(columns[column].get_ref<const std::string&>()), *value);
        }
    }
}

}  // namespace

std::string csv_series(const json& result) {
    std::string csv = "measurement,subject,repeat,source,seconds,phase,column,value\n";
    for (const json& measurement : list_of(result, "measurements")) {
        const std::string prefix = fmt::format(
            "{},{},{}", number_of(measurement, "index").value_or(0),
            field(text_of(measurement, "subject")), number_of(measurement, "repeat").value_or(0));
        append_table(csv, part_of(measurement, "series"), prefix + ",load");
        append_table(csv, part_of(measurement, "host"), prefix + ",host");
        for (const json& member : list_of(measurement, "members")) {
            append_table(csv, part_of(member, "series"),
                         prefix + "," + field(text_of(member, "name")));
        }
    }
    return csv;
}

}  // namespace elytractl::report
