#include "orchestrator/records/run_history.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/quantities/spark_line.hpp"
#include "orchestrator/records/value_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/statistics/change_point.hpp"
#include "orchestrator/statistics/descriptive.hpp"
#include "orchestrator/statistics/metric.hpp"

namespace elytractl::records {
namespace {

using nlohmann::json;
using quantities::Glyphs;
using quantities::spark_line;
using report::list_of;
using report::number_of;
using report::part_of;
using report::text_of;

constexpr std::size_t spark_max = 60;  // bars; of a longer history the youngest runs

struct Point {
    const MetricRow* first = nullptr;
    std::vector<double> values;
};

struct Series {
    const MetricRow* first = nullptr;
    std::vector<Point> points;
};

bool same_group(const MetricRow& left, const MetricRow& right) {
    const auto key = [](const MetricRow& row) {
        return std::tie(row.kind, row.name, row.subject, row.cell, row.rate);
    };
    return key(left) == key(right);
}

// Requires: rows in the order of runs.
std::vector<Series> group(const std::vector<MetricRow>& rows) {
    std::vector<Series> all;
    for (const MetricRow& row : rows) {
        auto series = std::ranges::find_if(
            all, [&](const Series& one) { return same_group(*one.first, row); });
        if (series == all.end())
            series = all.insert(all.end(), Series{.first = &row, .points = {}});
        std::vector<Point>& points = series->points;
        if (points.empty() || points.back().first->run != row.run) {
            points.push_back({.first = &row, .values = {}});
        }
        points.back().values.push_back(row.value);
    }
    return all;
}

json change_json(const statistics::ChangePoint& change, const Series& series,
                 std::string_view metric) {
    const bool higher = statistics::better_of(metric) == statistics::Better::higher;
    const bool rose = change.after > change.before;
    return {{"run", series.points[change.position].first->run},
            {"before", change.before},
            {"after", change.after},
            {"size", change.size()},
            {"p_value", change.p_value},
            {"direction", rose == higher ? "better" : "worse"}};
}

json series_json(const Series& series, std::string_view metric) {
    json points = json::array();
    std::vector<double> medians;
    for (const Point& point : series.points) {
        medians.push_back(statistics::median(point.values));
        points.push_back({{"run", point.first->run},
                          {"started", point.first->started},
                          {"n", point.values.size()},
                          {"value", medians.back()}});
    }
    json changes = json::array();
    const auto options = statistics::history_options();
    for (const auto& change : statistics::find_change_points(medians, options)) {
        changes.push_back(change_json(change, series, metric));
    }
    const json cell = json::parse(series.first->cell, nullptr, false);
    return {{"kind", series.first->kind},
            {"name", series.first->name},
            {"subject", series.first->subject},
            {"cell", cell.is_discarded() ? json(nullptr) : cell},
            {"rate", series.first->rate ? json(*series.first->rate) : json(nullptr)},
            {"points", std::move(points)},
            {"changes", std::move(changes)}};
}

std::string label_of(const json& series) {
    std::string label = text_of(series, "kind") + " " + text_of(series, "name");
    const std::string group_name =
        group_text(text_of(series, "subject"), part_of(series, "cell"), part_of(series, "rate"));
    if (!group_name.empty()) label += " (" + group_name + ")";
    return label;
}

}  // namespace

json history_json(std::string_view metric, const std::vector<MetricRow>& rows) {
    json all = json::array();
    for (const Series& series : group(rows)) all.push_back(series_json(series, metric));
    return {{"metric", metric}, {"series", std::move(all)}};
}

std::string history_text(const json& history) {
    const std::string metric = text_of(history, "metric");
    std::string text;
    for (const json& series : list_of(history, "series")) {
        std::vector<double> values;
        for (const json& point : list_of(series, "points")) {
            values.push_back(number_of(point, "value").value_or(0));
        }
        if (values.empty()) continue;
        const std::span<const double> shown =
            std::span<const double>(values).last(std::min(values.size(), spark_max));
        const auto [low, high] = std::ranges::minmax(values);
        const auto [shown_low, shown_high] = std::ranges::minmax(shown);
        text += fmt::format("{}: {}, {} runs\n", label_of(series), metric, values.size());
        text += fmt::format("  {}  last {}, from {} to {}\n",
                            spark_line(shown, {shown_low, shown_high}, Glyphs::unicode),
                            metric_text(metric, values.back()), metric_text(metric, low),
                            metric_text(metric, high));
        for (const json& change : list_of(series, "changes")) {
            text +=
                fmt::format("  {} since {}: {} -> {} ({}, p = {:.2g})\n",
                            text_of(change, "direction"), text_of(change, "run"),
                            metric_text(metric, number_of(change, "before").value_or(0)),
                            metric_text(metric, number_of(change, "after").value_or(0)),
                            quantities::change_percent(1 + number_of(change, "size").value_or(0)),
                            number_of(change, "p_value").value_or(1));
        }
    }
    return text.empty() ? fmt::format("no run has a value of {}\n", metric) : text;
}

}  // namespace elytractl::records
