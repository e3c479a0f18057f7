#include "orchestrator/report/html_latency.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/load/histogram_log.hpp"
#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "orchestrator/report/svg_plot.hpp"

namespace elytractl::report {
namespace {

using elytra::bench::LatencyHistogram;
using nlohmann::json;
using quantities::quantity;
using quantities::Unit;
using quantities::whole;

constexpr std::size_t series_drawn_max = 6;
constexpr std::array<std::string_view, series_drawn_max> colours{"c1", "c2", "c4",
                                                                 "c5", "c6", "c3"};
constexpr std::uint64_t samples_above_min = 10;

// Merged over the repeats: histograms add up, percentiles do not.
LatencyHistogram merged(const json& result, const json& series, std::string_view part) {
    LatencyHistogram sum;
    for (const json* measurement : measurements_of(result, series)) {
        const auto decoded = elytra::bench::decode_histogram(
            text_of(part_of(*measurement, "latency", part), "histogram"));
        if (decoded.has_value()) sum.merge(*decoded);
    }
    return sum;
}

// Of 1/(1-q) and the latency at q in microseconds, a point for each class of the histogram.
struct QuantileCurve {
    std::vector<PlotPoint> sure;  // with ten samples above
    std::vector<PlotPoint> rare;  // the rest, up to the largest
};

QuantileCurve curve_of(const LatencyHistogram& histogram) {
    QuantileCurve curve;
    std::uint64_t seen = 0;
    const std::span<const std::uint64_t> classes = histogram.classes();
    for (std::size_t index = 0; index < classes.size(); ++index) {
        if (classes[index] == 0) continue;
        seen += classes[index];
        const std::uint64_t above = histogram.count() - seen;
        const double count = static_cast<double>(histogram.count());
        const PlotPoint point{.x = above == 0 ? count : count / static_cast<double>(above),
                              .y = static_cast<double>(std::min(
                                  LatencyHistogram::class_begin(index + 1) - 1, histogram.max()))};
        if (above >= samples_above_min) curve.sure.push_back(point);
        if (above <= samples_above_min || curve.sure.empty()) curve.rare.push_back(point);
    }
    if (!curve.sure.empty()) curve.rare.insert(curve.rare.begin(), curve.sure.back());
    return curve;
}

PlotAxis quantile_axis(double count) {
    PlotAxis axis{.low = 1, .high = std::max(count, 100.0), .kind = AxisKind::logarithmic};
    axis.name = "percentile";
    axis.ticks = {{.at = 1, .text = "0"}, {.at = 2, .text = "50"}};
    std::string text = "90";
    for (double at = 10; at <= axis.high && axis.ticks.size() < 12; at *= 10) {
        axis.ticks.push_back({.at = at, .text = text});
        text += text == "90" ? "" : text == "99" ? ".9" : "9";
        if (text == "90") text = "99";
    }
    return axis;
}

// What one drawing shows: the line of each histogram under its words.
struct NamedHistogram {
    std::string_view colour;
    std::string words;
    LatencyHistogram histogram;
};

std::string quantile_figure(std::string_view title, const std::vector<NamedHistogram>& drawn) {
    double count = 1;
    double high = 1;
    for (const NamedHistogram& one : drawn) {
        count = std::max(count, static_cast<double>(one.histogram.count()));
        high = std::max(high, static_cast<double>(one.histogram.max()));
    }
    SvgPlot plot(quantile_axis(count), axis_from_zero(Unit::microseconds, high * 1.02, 5));
    std::vector<LegendEntry> legend;
    for (const NamedHistogram& one : drawn) {
        const QuantileCurve curve = curve_of(one.histogram);
        plot.line(curve.rare, std::string(one.colour) + " rare");
        plot.line(curve.sure, one.colour);
        legend.push_back({.css_class = one.colour, .text = one.words});
    }
    legend.push_back({.css_class = "c3 rare", .text = "dotted: fewer than 10 samples above"});
    return html_figure(
        title, legend,
        plot.html(fmt::format("Latency at every percentile on a scale of nines; the largest is {}",
                              quantity(Unit::microseconds, high))));
}

HtmlTable quantile_table(const std::vector<NamedHistogram>& drawn) {
    constexpr std::pair<std::string_view, elytra::bench::Quantile> quantiles[] = {
        {"p50", {1, 2}},
        {"p90", {9, 10}},
        {"p99", {99, 100}},
        {"p99.9", {999, 1000}},
        {"p99.99", {9999, 10'000}}};
    HtmlTable table{.caption = "All repeats together; a dash: fewer than 10 samples above",
                    .heading = {""},
                    .rows = {},
                    .numbers = true};
    for (const auto& [name, quantile] : quantiles) table.heading.emplace_back(name);
    table.heading.emplace_back("max");
    table.heading.emplace_back("n");
    for (const NamedHistogram& one : drawn) {
        std::vector<std::string> row{one.words};
        for (const auto& [name, quantile] : quantiles) {
            row.push_back(
                one.histogram.supports(quantile)
                    ? quantity(Unit::microseconds, static_cast<double>(one.histogram.at(quantile)))
                    : "–");
        }
        row.push_back(quantity(Unit::microseconds, static_cast<double>(one.histogram.max())));
        row.push_back(whole(static_cast<double>(one.histogram.count())));
        table.rows.push_back(std::move(row));
    }
    return table;
}

// One series: every part of its latency.
std::vector<NamedHistogram> parts_of(const json& result, const json& series) {
    const bool open = number_of(series, "rate").has_value();

    struct Part {
        std::string_view name;
        std::string_view words;
        bool closed_too;
    };

    constexpr Part parts[] = {{"batch", "batch", true},      {"event", "event", true},
                              {"service", "service", false}, {"queue", "queue", false},
                              {"fill", "fill", false},       {"query", "query", true}};
    std::vector<NamedHistogram> drawn;
    for (const Part& part : parts) {
        if (!open && !part.closed_too) continue;  // all of it is service
        LatencyHistogram histogram = merged(result, series, part.name);
        if (histogram.count() == 0) continue;
        drawn.push_back({.colour = colours[drawn.size()],
                         .words = std::string(part.words),
                         .histogram = std::move(histogram)});
    }
    return drawn;
}

// Several series: the batches of each.
std::vector<NamedHistogram> batches_of(const json& result) {
    const json& summary = list_of(result, "summary");
    // Of more series than can be told apart by colour, some evenly between the first and the last.
    const std::size_t count = std::min(summary.size(), series_drawn_max);
    std::vector<NamedHistogram> drawn;
    for (std::size_t step = 0; step < count; ++step) {
        const json& series = summary[step * (summary.size() - 1) / (count - 1)];
        LatencyHistogram histogram = merged(result, series, "batch");
        if (histogram.count() == 0) continue;
        drawn.push_back({.colour = colours[step],
                         .words = series_title(series),
                         .histogram = std::move(histogram)});
    }
    return drawn;
}

}  // namespace

std::string html_latency(const json& result) {
    const json& summary = list_of(result, "summary");
    if (summary.empty()) return {};
    const bool one = summary.size() == 1;
    const std::vector<NamedHistogram> drawn =
        one ? parts_of(result, summary[0]) : batches_of(result);
    if (drawn.empty()) return {};
    return quantile_figure(one ? "Latency by percentile" : "Batch latency by percentile", drawn) +
           to_html(quantile_table(drawn));
}

}  // namespace elytractl::report
