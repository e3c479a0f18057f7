#include "orchestrator/report/html_findings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "orchestrator/report/svg_plot.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::change_percent;
using quantities::quantity;
using quantities::Unit;
using quantities::whole;

struct Change {
    std::string metric;
    double ratio = 1;
    double low = 1;
    double high = 1;
    std::string words;
};

std::vector<Change> changes_of(const json& comparison) {
    std::vector<Change> changes;
    const json& metrics = part_of(comparison, "metrics");
    if (!metrics.is_object()) return changes;
    for (const auto& [name, effect] : metrics.items()) {
        const double ratio = number_of(effect, "ratio").value_or(1);
        changes.push_back({.metric = name,
                           .ratio = ratio,
                           .low = number_of(effect, "low").value_or(ratio),
                           .high = number_of(effect, "high").value_or(ratio),
                           .words = effect_words(effect)});
    }
    return changes;
}

// Symmetric around no change, so that left and right can be compared by eye.
PlotAxis change_axis(const std::vector<Change>& changes, double floor) {
    double reach = std::max(floor, 0.01);
    for (const Change& change : changes) {
        reach = std::max({reach, std::abs(change.low - 1), std::abs(change.high - 1)});
    }
    const PlotAxis half = axis_from_zero(Unit::fraction, reach, 3);
    PlotAxis axis{.low = -half.high, .high = half.high};
    axis.name = "change from a to b";
    for (const Tick& tick : half.ticks) {
        const std::string percent = fmt::format("{:g} %", tick.at * 100);
        axis.ticks.push_back({.at = tick.at, .text = (tick.at > 0 ? "+" : "") + percent});
        if (tick.at > 0) axis.ticks.push_back({.at = -tick.at, .text = "−" + percent});
    }
    return axis;
}

std::string_view colour_of(const Change& change) {
    return change.words == "better" ? "good" : change.words == "worse" ? "bad" : "c3";
}

std::string forest_figure(const std::vector<Change>& changes, std::optional<double> floor) {
    const double rows = static_cast<double>(changes.size());
    PlotAxis names{.low = 0, .high = rows};
    double y = rows;
    for (const Change& change : changes)
        names.ticks.push_back({.at = (y -= 1) + 0.5, .text = change.metric});
    SvgPlot plot(change_axis(changes, floor.value_or(0)), std::move(names));
    std::vector<LegendEntry> legend;
    if (floor.has_value()) {
        plot.shade(-*floor, *floor, "noise", "A/A noise floor");
        legend.push_back(
            {.css_class = "noise", .text = fmt::format("A/A noise floor ±{:.1f} %", *floor * 100)});
    }
    plot.vertical(0, "zero", "no change");
    y = rows;
    std::string label = "Change from a to b:";
    for (const Change& change : changes) {
        y -= 1;
        plot.bar(change.low - 1, change.high - 1, y + 0.5, colour_of(change));
        plot.dot({.x = change.ratio - 1, .y = y + 0.5}, std::string(colour_of(change)) + " large",
                 change.metric);
        label +=
            fmt::format(" {} {}, {}.", change.metric, change_percent(change.ratio), change.words);
    }
    return fmt::format("<div class=\"forest\" style=\"--rows:{}\">{}</div>\n", changes.size(),
                       html_figure("Change from a to b", legend, plot.html(label)));
}

HtmlTable change_table(const json& comparison, const std::vector<Change>& changes) {
    HtmlTable table{.caption = "",
                    .heading = {"metric", "change", "95 % interval", "verdict"},
                    .rows = {},
                    .numbers = false};
    const std::optional<double> pairs = number_of(comparison, "pairs");
    table.caption = fmt::format("{:.0f} pairs, in random balanced order", pairs.value_or(0));
    for (const Change& change : changes) {
        table.rows.push_back({change.metric, change_percent(change.ratio),
                              interval_words(part_of(comparison, "metrics", change.metric)),
                              change.words});
    }
    return table;
}

// The steps of one direction, as points over the offered rate.
std::vector<PlotPoint> steps_of(const json& sweep, std::string_view direction,
                                std::string_view key) {
    std::vector<PlotPoint> points;
    for (const json& step : list_of(sweep, "steps")) {
        if (text_of(step, "direction") != direction) continue;
        points.push_back(
            {.x = number_of(step, "offered").value_or(0),
             .y = number_of(step, key).value_or(std::numeric_limits<double>::quiet_NaN())});
    }
    // Steps between others, which narrow the knee down, are measured last.
    std::ranges::sort(points, {}, &PlotPoint::x);
    return points;
}

double largest_step(const json& sweep, std::string_view key) {
    double largest = 0;
    for (const json& step : list_of(sweep, "steps")) {
        largest = std::max(largest, number_of(step, key).value_or(0));
    }
    return largest;
}

// One line up and one down.
struct StepLine {
    std::string_view key;
    std::string_view colour;
    std::string_view words;
};

void add_steps(SvgPlot& plot, const json& sweep, const StepLine& drawn) {
    const std::vector<PlotPoint> up = steps_of(sweep, "up", drawn.key);
    const std::vector<PlotPoint> down = steps_of(sweep, "down", drawn.key);
    plot.line(up, drawn.colour);
    plot.line(down, std::string(drawn.colour) + " dashed");
    for (const PlotPoint& point : up) {
        if (std::isfinite(point.y)) plot.dot(point, drawn.colour, drawn.words);
    }
}

std::string sweep_figure(std::string_view title, const json& sweep, PlotAxis y,
                         std::span<const StepLine> lines) {
    PlotAxis x = axis_from_zero(Unit::per_second, largest_step(sweep, "offered"), 6);
    x.name = "offered";
    SvgPlot plot(x, std::move(y));
    std::vector<LegendEntry> legend;
    for (const StepLine& line : lines) {
        add_steps(plot, sweep, line);
        legend.push_back({.css_class = line.colour, .text = std::string(line.words)});
    }
    legend.push_back({.css_class = "c3 dashed", .text = "dashed: on the way down"});
    const json& knee = part_of(sweep, "knee");
    const std::optional<double> rate = number_of(knee, "rate");
    if (rate.has_value()) {
        plot.vertical(*rate, "mark checkpoint", "knee");
        legend.push_back({.css_class = "mark checkpoint",
                          .text = fmt::format("knee {}", quantity(Unit::per_second, rate))});
    }
    return html_figure(title, legend,
                       plot.html(fmt::format("{} against the offered rate; the numbers are in the "
                                             "table below",
                                             title)));
}

HtmlTable step_table(const json& sweep) {
    HtmlTable table{.caption = "On the way up / on the way down, of one cluster without a pause",
                    .heading = {"fraction", "offered /s", "served /s", "p50", "p99",
                                "left to the next step", "not steady"},
                    .rows = {},
                    .numbers = true};
    for (const SweepRow& row : sweep_rows(sweep)) {
        const json& known = row.up.is_object() ? row.up : row.down;
        table.rows.push_back({fmt::format("{:.0f} %", row.fraction * 100),
                              whole(number_of(known, "offered").value_or(0)),
                              served_up_and_down(row),
                              up_and_down(row, "p50_us", Unit::microseconds),
                              up_and_down(row, "p99_us", Unit::microseconds),
                              up_and_down(row, "carried", Unit::number), unsteady_directions(row)});
    }
    return table;
}

std::string history_sentences(const json& sweep) {
    const json& hysteresis = part_of(sweep, "hysteresis");
    const std::string sentence = text_of(hysteresis, "sentence");
    const std::string recovery = recovery_sentence(sweep);
    std::string text;
    if (!sentence.empty()) {
        text += "<p>" + escaped(sentence) + ". " + escaped(text_of(hysteresis, "rule")) + "</p>\n";
    }
    if (!recovery.empty()) text += "<p>" + escaped(recovery) + ".</p>\n";
    return text;
}

std::string knee_sentence(const json& sweep) {
    const json& knee = part_of(sweep, "knee");
    std::string text = fmt::format("The closed loop reached {}. ",
                                   quantity(Unit::per_second, number_of(sweep, "ceiling")));
    text += knee.is_object() ? fmt::format("The highest rate with {} is {}.", text_of(knee, "slo"),
                                           quantity(Unit::per_second, number_of(knee, "rate")))
                             : std::string("No step kept the bound.");
    return "<p>" + escaped(text) + "</p>\n";
}

// The median, not the worst, decides how high the drawing is: one overloaded step would press all
// others flat.
PlotAxis sweep_latency_axis(const json& sweep) {
    std::vector<double> values;
    for (const json& step : list_of(sweep, "steps")) {
        const std::optional<double> value = number_of(step, "p99_us");
        if (value.has_value()) values.push_back(*value);
    }
    if (values.empty()) return axis_from_zero(Unit::microseconds, largest_step(sweep, "p50_us"), 4);
    std::ranges::sort(values);
    return axis_from_zero(Unit::microseconds,
                          std::min(values.back(), 4 * values[values.size() / 2]), 4);
}

}  // namespace

std::string html_comparison(const json& comparison) {
    const std::vector<Change> changes = changes_of(comparison);
    if (changes.empty()) return {};
    const std::string sentence = comparison_sentence(comparison);
    const std::string found = sentence.empty() ? "" : "<p>" + escaped(sentence) + ".</p>\n";
    return found + forest_figure(changes, number_of(comparison, "noise_floor")) +
           to_html(change_table(comparison, changes));
}

std::string html_sweep(const json& sweep) {
    if (list_of(sweep, "steps").empty()) return {};
    constexpr StepLine served[] = {{.key = "accepted", .colour = "c1", .words = "served"}};
    constexpr StepLine latencies[] = {{.key = "p99_us", .colour = "c2", .words = "p99"},
                                      {.key = "p50_us", .colour = "c1", .words = "p50"}};
    const PlotAxis rates =
        axis_from_zero(Unit::per_second, largest_step(sweep, "accepted") * 1.02, 4);
    return knee_sentence(sweep) + history_sentences(sweep) +
           sweep_figure("Served", sweep, rates, served) +
           sweep_figure("Batch latency", sweep, sweep_latency_axis(sweep), latencies) +
           to_html(step_table(sweep));
}

}  // namespace elytractl::report
