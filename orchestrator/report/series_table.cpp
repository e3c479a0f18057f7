#include "orchestrator/report/series_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "orchestrator/report/json_read.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double milliseconds_per_second = 1000;

// What is shorter than half of the longest stretch has the noise of few answers: rates in it are
// not shown.
bool long_enough(double length, double longest) { return length > 0 && 2 * length >= longest; }

}  // namespace

std::vector<PlotPoint> points_of(const json& table, std::string_view column) {
    std::vector<PlotPoint> points;
    const std::optional<std::size_t> time = column_of(table, "at_ms");
    const std::optional<std::size_t> value = column_of(table, column);
    if (!time.has_value() || !value.has_value()) return points;
    for (const json& row : list_of(table, "rows")) {
        const std::optional<double> at = number_in(cell_of(row, *time));
        if (!at.has_value()) continue;
        points.push_back({.x = *at / milliseconds_per_second,
                          .y = number_in(cell_of(row, *value)).value_or(not_a_number)});
    }
    return points;
}

std::vector<PlotPoint> growth_of(const json& table, std::string_view counter) {
    const std::vector<PlotPoint> counts = points_of(table, counter);
    double longest = 0;
    for (std::size_t index = 1; index < counts.size(); ++index) {
        longest = std::max(longest, counts[index].x - counts[index - 1].x);
    }
    std::vector<PlotPoint> growth;
    for (std::size_t index = 1; index < counts.size(); ++index) {
        const double seconds = counts[index].x - counts[index - 1].x;
        const double grown = counts[index].y - counts[index - 1].y;
        growth.push_back({.x = counts[index].x,
                          .y = long_enough(seconds, longest) ? grown / seconds : not_a_number});
    }
    return growth;
}

std::vector<PlotPoint> rates_of(const json& table, std::string_view column) {
    std::vector<PlotPoint> rates = points_of(table, column);
    const std::vector<PlotPoint> lengths = points_of(table, "length_ms");
    const double longest = largest_of(lengths) / milliseconds_per_second;
    for (std::size_t index = 0; index < std::min(rates.size(), lengths.size()); ++index) {
        const double seconds = lengths[index].y / milliseconds_per_second;
        rates[index].y = long_enough(seconds, longest) ? rates[index].y / seconds : not_a_number;
    }
    return rates;
}

std::vector<PlotPoint> sum_of(const std::vector<PlotPoint>& left,
                              const std::vector<PlotPoint>& right) {
    std::vector<PlotPoint> sum;
    for (std::size_t index = 0; index < std::min(left.size(), right.size()); ++index) {
        sum.push_back({.x = left[index].x, .y = left[index].y + right[index].y});
    }
    return sum;
}

std::vector<PlotPoint> scaled(std::vector<PlotPoint> points, double factor) {
    for (PlotPoint& point : points) point.y *= factor;
    return points;
}

double largest_of(const std::vector<PlotPoint>& points) {
    double largest = 0;
    for (const PlotPoint& point : points) {
        if (std::isfinite(point.y)) largest = std::max(largest, point.y);
    }
    return largest;
}

std::vector<PhaseStretch> phases_of(const json& series) {
    std::vector<PhaseStretch> phases;
    const std::vector<PlotPoint> lengths = points_of(series, "length_ms");
    const std::optional<std::size_t> column = column_of(series, "phase");
    if (!column.has_value()) return phases;
    std::size_t index = 0;
    for (const json& row : list_of(series, "rows")) {
        if (index >= lengths.size()) break;
        const json& name = cell_of(row, *column);
        const PlotPoint& length = lengths[index++];
        if (!name.is_string() || !std::isfinite(length.y)) continue;
        const std::string_view phase = name.get_ref<const std::string&>();
        if (phases.empty() || phases.back().phase != phase) {
            phases.push_back({.phase = phase, .begin = length.x, .end = length.x});
        }
        phases.back().end = length.x + length.y / milliseconds_per_second;
    }
    return phases;
}

}  // namespace elytractl::report
