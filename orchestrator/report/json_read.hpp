#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

// Reads a result that may come from a file that is damaged, cut short or from elsewhere: what is
// missing or of another type counts as absent, and nothing throws.
namespace elytractl::report {

// The member of an object; null where there is none.
const nlohmann::json& part_of(const nlohmann::json& object, std::string_view key);

// The same along a path of keys.
template <class... Keys>
const nlohmann::json& part_of(const nlohmann::json& object, std::string_view first, Keys... rest) {
    return part_of(part_of(object, first), rest...);
}

// A member that is an array; an empty one where it is not.
const nlohmann::json& list_of(const nlohmann::json& object, std::string_view key);

// The texts in such an array.
std::vector<std::string> texts_of(const nlohmann::json& object, std::string_view key);

std::optional<double> number_in(const nlohmann::json& value);

std::optional<double> number_of(const nlohmann::json& object, std::string_view key);

// A member that is a text; empty where it is not.
std::string text_of(const nlohmann::json& object, std::string_view key);

bool flag_of(const nlohmann::json& object, std::string_view key);

// The texts of an array, separated.
std::string joined(const nlohmann::json& texts, std::string_view separator);

// The position of a column in {"columns": [...], "rows": [...]}; none where it is not there.
std::optional<std::size_t> column_of(const nlohmann::json& table, std::string_view name);

// A cell of a row; null beyond its end.
const nlohmann::json& cell_of(const nlohmann::json& row, std::size_t column);

}  // namespace elytractl::report
