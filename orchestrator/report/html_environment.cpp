#include "orchestrator/report/html_environment.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_reading.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::quantity;
using quantities::Unit;

constexpr double foreign_shown_min = 0.01;  // of one processor

std::string words_of(std::string_view key) {
    std::string words(key);
    std::ranges::replace(words, '_', ' ');
    return words;
}

std::string fact_text(std::string_view key, const json& value) {
    if (value.is_null()) return {};
    if (key.ends_with("_bytes")) return quantity(Unit::bytes, number_in(value));
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string fact_name(std::string_view key) {
    if (key.ends_with("_bytes")) key.remove_suffix(std::string_view("_bytes").size());
    return words_of(key);
}

void add_fact(HtmlTable& table, std::string name, std::string text) {
    if (!text.empty()) table.rows.push_back({std::move(name), std::move(text)});
}

std::string control_group_text(const json& group) {
    const double version = number_of(group, "version").value_or(0);
    if (version == 0) return "none";
    const std::optional<double> cpus = number_of(group, "cpus");
    const std::optional<double> memory = number_of(group, "memory_bytes");
    return fmt::format("version {:.0f}, {}, {}", version,
                       cpus.has_value() ? fmt::format("{:.2f} CPUs", *cpus) : "no CPU limit",
                       memory.has_value() ? quantity(Unit::bytes, memory) : "no memory limit");
}

HtmlTable machine_table(const json& environment) {
    HtmlTable table{.caption = "Machine", .heading = {}, .rows = {}, .numbers = false};
    if (!environment.is_object()) return table;
    for (const auto& [key, value] : environment.items()) {
        if (key == "control_group") {
            add_fact(table, words_of(key), control_group_text(value));
        } else if (key == "psi_start" && value.is_object()) {
            for (const auto& [part, inner] : value.items()) {
                add_fact(table, words_of(part) + " at the start", fact_text(part, inner));
            }
        } else if (!value.is_structured()) {
            add_fact(table, fact_name(key), fact_text(key, value));
        }
    }
    return table;
}

std::string vulnerability_details(const json& states) {
    if (!states.is_object() || states.empty()) return {};
    HtmlTable table{.caption = "", .heading = {}, .rows = {}, .numbers = false};
    for (const auto& [name, state] : states.items()) {
        add_fact(table, words_of(name), fact_text(name, state));
    }
    return html_details("What the kernel does about weaknesses of the processor", to_html(table));
}

// "cc1plus (4711) 98 %, cron (7) 2 %"
std::string foreign_text(const json& load) {
    if (!load.is_object()) return "not looked";
    std::vector<std::string> named;
    for (const json& process : list_of(load, "processes")) {
        const double cpus = number_of(process, "cpus").value_or(0);
        if (cpus < foreign_shown_min) continue;
        named.push_back(fmt::format("{} ({:.0f}) {:.0f} %", text_of(process, "name"),
                                    number_of(process, "pid").value_or(0), cpus * 100));
    }
    return named.empty() ? "nobody" : fmt::format("{}", fmt::join(named, ", "));
}

HtmlTable foreign_table(const json& result) {
    HtmlTable table{
        .caption = "Other processes from 1 % on, with their pid and share of one processor",
        .heading = {"measurement", "before", "during", "after"},
        .rows = {},
        .numbers = false};
    for (const json& measurement : list_of(result, "measurements")) {
        const json& foreign = part_of(measurement, "foreign");
        if (!foreign.is_object()) continue;
        table.rows.push_back(
            {fmt::format("{:.0f}: {}", number_of(measurement, "index").value_or(0) + 1,
                         measurement_title(measurement)),
             foreign_text(part_of(foreign, "before")), foreign_text(part_of(foreign, "during")),
             foreign_text(part_of(foreign, "after"))});
    }
    return table;
}

}  // namespace

std::string html_environment(const json& result) {
    const json& environment = part_of(result, "environment");
    std::string html = to_html(machine_table(environment));
    html += vulnerability_details(part_of(environment, "vulnerabilities"));
    const HtmlTable foreign = foreign_table(result);
    return foreign.rows.empty() ? html : html + to_html(foreign);
}

}  // namespace elytractl::report
