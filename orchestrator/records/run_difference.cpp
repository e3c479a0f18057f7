#include "orchestrator/records/run_difference.hpp"

#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/records/value_text.hpp"
#include "orchestrator/report/json_read.hpp"

namespace elytractl::records {
namespace {

using nlohmann::json;
using report::list_of;
using report::number_of;
using report::part_of;
using report::text_of;

bool same_group(const json& left, const json& right) {
    return part_of(left, "cell") == part_of(right, "cell") &&
           part_of(left, "rate") == part_of(right, "rate") &&
           text_of(left, "subject") == text_of(right, "subject");
}

// "apart" and "overlap" are about the intervals; without both of them there is nothing to say.
std::string relation_of(const json& a, const json& b) {
    const auto a_low = number_of(part_of(a, "interval"), "low");
    const auto a_high = number_of(part_of(a, "interval"), "high");
    const auto b_low = number_of(part_of(b, "interval"), "low");
    const auto b_high = number_of(part_of(b, "interval"), "high");
    if (!a_low || !a_high || !b_low || !b_high) return "";
    return *a_high < *b_low || *b_high < *a_low ? "apart" : "overlap";
}

void add_metrics(const json& a, const json& b, json& metrics) {
    const json& a_metrics = part_of(a, "metrics");
    if (!a_metrics.is_object()) return;
    for (const auto& [metric, a_summary] : a_metrics.items()) {
        const json& b_summary = part_of(b, "metrics", std::string_view(metric));
        const auto a_median = number_of(a_summary, "median");
        const auto b_median = number_of(b_summary, "median");
        if (!a_median || !b_median) continue;
        metrics.push_back({{"cell", part_of(a, "cell")},
                           {"rate", part_of(a, "rate")},
                           {"subject", text_of(a, "subject")},
                           {"metric", metric},
                           {"a", *a_median},
                           {"b", *b_median},
                           {"a_n", part_of(a, "n")},
                           {"b_n", part_of(b, "n")},
                           {"ratio", *a_median != 0 ? json(*b_median / *a_median) : json(nullptr)},
                           {"intervals", relation_of(a_summary, b_summary)}});
    }
}

// The leaves in which two objects differ, by their pointers.
json changes_between(const json& a, const json& b) {
    const json a_leaves = a.is_structured() ? a.flatten() : json::object();
    const json b_leaves = b.is_structured() ? b.flatten() : json::object();
    std::set<std::string> pointers;
    for (const auto& [pointer, value] : a_leaves.items()) pointers.insert(pointer);
    for (const auto& [pointer, value] : b_leaves.items()) pointers.insert(pointer);
    json changes = json::array();
    for (const std::string& pointer : pointers) {
        const json& a_value = part_of(a_leaves, pointer);
        const json& b_value = part_of(b_leaves, pointer);
        if (a_value == b_value) continue;
        changes.push_back({{"path", pointer}, {"a", a_value}, {"b", b_value}});
    }
    return changes;
}

// How busy the machine was is no property of it.
json lasting(const json& environment) {
    json kept = environment;
    if (kept.is_object()) kept.erase("psi_start");
    return kept;
}

std::string leaf_text(const json& value) {
    if (value.is_null()) return "-";
    if (value.is_string()) return value.get<std::string>();
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_metrics(std::string& text, const json& difference) {
    std::string group;
    std::optional<Table> table;
    for (const json& row : list_of(difference, "metrics")) {
        const std::string here =
            group_text(text_of(row, "subject"), part_of(row, "cell"), part_of(row, "rate"));
        if (!table || here != group) {
            if (table) text += table->text() + "\n";
            table.emplace(std::vector<std::string>{here.empty() ? "metric" : here, "a", "b",
                                                   "b to a", "intervals"});
            group = here;
        }
        const std::string metric = text_of(row, "metric");
        const auto ratio = number_of(row, "ratio");
        table->add({metric, metric_text(metric, number_of(row, "a").value_or(0)),
                    metric_text(metric, number_of(row, "b").value_or(0)),
                    ratio ? quantities::change_percent(*ratio) : "-", text_of(row, "intervals")});
    }
    text += table ? table->text() : "no group of measurements is in both runs\n";
}

}  // namespace

json difference_json(const json& a, const json& b) {
    json metrics = json::array();
    for (const json& a_group : list_of(a, "summary")) {
        for (const json& b_group : list_of(b, "summary")) {
            if (same_group(a_group, b_group)) add_metrics(a_group, b_group, metrics);
        }
    }
    return {{"a", text_of(part_of(a, "run"), "id")},
            {"b", text_of(part_of(b, "run"), "id")},
            {"metrics", std::move(metrics)},
            {"plan", changes_between(part_of(a, "plan"), part_of(b, "plan"))},
            {"environment", changes_between(lasting(part_of(a, "environment")),
                                            lasting(part_of(b, "environment")))},
            {"subjects", changes_between(part_of(a, "subjects"), part_of(b, "subjects"))}};
}

std::string difference_text(const json& difference) {
    std::string text =
        fmt::format("a = {}, b = {}\n\n", text_of(difference, "a"), text_of(difference, "b"));
    append_metrics(text, difference);
    for (const std::string_view part : {"subjects", "plan", "environment"}) {
        const json& changes = list_of(difference, part);
        if (changes.empty()) continue;
        text += fmt::format("\nnot the same in {}\n", part);
        for (const json& change : changes) {
            text += fmt::format("  {}: {} | {}\n", text_of(change, "path"),
                                leaf_text(part_of(change, "a")), leaf_text(part_of(change, "b")));
        }
    }
    text +=
        "\nThe two were measured at different times. To decide which is faster: elytractl bench "
        "compare\n";
    return text;
}

}  // namespace elytractl::records
