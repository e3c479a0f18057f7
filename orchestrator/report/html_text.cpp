#include "orchestrator/report/html_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace elytractl::report {
namespace {

void append_row(std::string& html, const std::vector<std::string>& row, bool alarm) {
    html += alarm ? "<tr class=\"alarm\">" : "<tr>";
    for (std::size_t column = 0; column < row.size(); ++column) {
        html += column == 0 ? "<th scope=\"row\">" : "<td>";
        html += escaped(row[column]);
        html += column == 0 ? "</th>" : "</td>";
    }
    html += "</tr>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char letter : text) {
        switch (letter) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += letter;
        }
    }
    return html;
}

std::string script_json(const nlohmann::json& json) {
    std::string safe;
    for (const char letter : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
        if (letter == '<') {
            safe += "\\u003c";
        } else {
            safe += letter;
        }
    }
    return safe;
}

std::string to_html(const HtmlTable& table) {
    std::string html =
        fmt::format("<div class=\"scroll\"><table{}>\n", table.numbers ? " class=\"numbers\"" : "");
    if (!table.caption.empty()) {
        html += fmt::format("<caption>{}</caption>\n", escaped(table.caption));
    }
    if (!table.heading.empty()) {
        html += "<thead><tr>";
        for (const std::string& cell : table.heading) {
            html += fmt::format("<th scope=\"col\">{}</th>", escaped(cell));
        }
        html += "</tr></thead>\n";
    }
    html += "<tbody>\n";
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        append_row(html, table.rows[row], table.alarms.contains(row));
    }
    return html + "</tbody></table></div>\n";
}

std::string html_section(std::string_view id, std::string_view title, std::string_view content) {
    if (content.empty()) return {};
    return fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">"
        "{1}</h2>\n{2}</section>\n",
        escaped(id), escaped(title), content);
}

std::string html_details(std::string_view summary, std::string_view content) {
    return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), content);
}

}  // namespace elytractl::report
