#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// Text as the content of an element or of a quoted attribute.
std::string escaped(std::string_view text);

// JSON as the content of a <script>, which no text in it can close.
std::string script_json(const nlohmann::json& json);

// Cells are escaped here; the first of a row is its heading. Columns from the second on are set as
// numbers, to the right, when `numbers` says so.
struct HtmlTable {
    std::string caption;
    std::vector<std::string> heading;
    std::vector<std::vector<std::string>> rows;
    bool numbers = false;
    std::set<std::size_t> alarms{};  // rows that must not be overlooked
};

std::string to_html(const HtmlTable& table);

// <section> with a heading and a place that links can name; nothing where the content is empty.
std::string html_section(std::string_view id, std::string_view title, std::string_view content);

// A part that is folded until asked for.
std::string html_details(std::string_view summary, std::string_view content);

}  // namespace elytractl::report
