#include "orchestrator/report/json_read.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

const json& nothing() {
    static const json value;
    return value;
}

const json& empty_list() {
    static const json value = json::array();
    return value;
}

}  // namespace

const json& part_of(const json& object, std::string_view key) {
    if (!object.is_object()) return nothing();
    const auto found = object.find(key);
    return found == object.end() ? nothing() : *found;
}

const json& list_of(const json& object, std::string_view key) {
    const json& value = part_of(object, key);
    return value.is_array() ? value : empty_list();
}

std::vector<std::string> texts_of(const json& object, std::string_view key) {
    std::vector<std::string> texts;
    for (const json& item : list_of(object, key)) {
        if (item.is_string()) texts.push_back(item.get<std::string>());
    }
    return texts;
}

std::optional<double> number_in(const json& value) {
    if (!value.is_number()) return std::nullopt;
    return value.get<double>();
}

std::optional<double> number_of(const json& object, std::string_view key) {
    return number_in(part_of(object, key));
}

std::string text_of(const json& object, std::string_view key) {
    const json& value = part_of(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

bool flag_of(const json& object, std::string_view key) {
    const json& value = part_of(object, key);
    return value.is_boolean() && value.get<bool>();
}

std::string joined(const json& texts, std::string_view separator) {
    std::string line;
    if (!texts.is_array()) return line;
    for (const json& text : texts) {
        if (!text.is_string()) continue;
        if (!line.empty()) line += separator;
        line += text.get<std::string>();
    }
    return line;
}

std::optional<std::size_t> column_of(const json& table, std::string_view name) {
    const json& columns = list_of(table, "columns");
    for (std::size_t index = 0; index < columns.size(); ++index) {
        if (columns[index] == name) return index;
    }
    return std::nullopt;
}

const json& cell_of(const json& row, std::size_t column) {
    if (!row.is_array() || column >= row.size()) return nothing();
    return row[column];
}

}  // namespace elytractl::report
