#include "orchestrator/report/html_timeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "orchestrator/report/series_table.hpp"
#include "orchestrator/report/svg_plot.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::quantity;
using quantities::Unit;

constexpr std::size_t y_ticks = 4;
constexpr std::size_t marks_distinct_max = 30;
constexpr std::array<std::string_view, 6> colours{"c1", "c2", "c3", "c4", "c5", "c6"};

std::string_view colour_of(std::size_t index) { return colours[index % colours.size()]; }

// What all drawings of a measurement share: its time, its phases and its marks.
class Timeline {
public:
    explicit Timeline(const json& measurement)
        : phases_(phases_of(part_of(measurement, "series"))),
          marks_(list_of(measurement, "marks")) {}

    bool empty() const { return phases_.empty(); }

    SvgPlot plot(PlotAxis y) const {
        const double begin = phases_.front().begin;
        SvgPlot plot(axis_of_seconds(begin, phases_.back().end), std::move(y));
        for (const PhaseStretch& phase : phases_) {
            if (phase.phase == "measurement") continue;
            const std::string_view words = phase.phase == "warm_up" ? "warm-up" : phase.phase;
            plot.shade(phase.begin, phase.end, "idle", words);
        }
        return plot;
    }

    // Before the lines, so that they lie over them.
    void add_marks(SvgPlot& plot) const {
        for (const json& mark : marks_) {
            const std::optional<double> at = number_of(mark, "at_ms");
            if (!at.has_value()) continue;
            plot.vertical(*at / 1000, mark_class(text_of(mark, "kind")),
                          fmt::format("{} {} at {:.2f} s", text_of(mark, "member"),
                                      text_of(mark, "kind"), *at / 1000));
        }
    }

    void add_legend(std::vector<LegendEntry>& legend) const {
        std::set<std::string> kinds;
        for (const json& mark : marks_) kinds.insert(text_of(mark, "kind"));
        for (const std::string& kind : kinds) {
            legend.push_back({.css_class = mark_class(kind), .text = kind});
        }
        const bool warmed = std::ranges::any_of(
            phases_, [](const PhaseStretch& phase) { return phase.phase == "warm_up"; });
        if (warmed) legend.push_back({.css_class = "idle", .text = "not measured"});
    }

private:
    // Many of them would hide the lines behind bars.
    std::string_view mark_class(std::string_view kind) const {
        const bool many = marks_.size() > marks_distinct_max;
        if (kind == "checkpoint") return many ? "mark checkpoint many" : "mark checkpoint";
        return many ? "mark merge many" : "mark merge";
    }

    std::vector<PhaseStretch> phases_;
    const json& marks_;
};

std::string throughput_figure(const Timeline& timeline, const json& series, bool open) {
    const std::vector<PlotPoint> accepted = rates_of(series, "accepted");
    const std::vector<PlotPoint> offered = rates_of(series, "offered");
    const double high = std::max(largest_of(accepted), largest_of(offered));
    SvgPlot plot = timeline.plot(axis_from_zero(Unit::per_second, high * 1.02, y_ticks));
    std::vector<LegendEntry> legend;
    timeline.add_marks(plot);
    if (open) {
        plot.line(offered, "c3 dashed");
        legend.push_back({.css_class = "c3 dashed", .text = "offered"});
    }
    plot.line(accepted, "c1");
    legend.push_back({.css_class = "c1", .text = "served"});
    timeline.add_legend(legend);
    return html_figure("Throughput", legend,
                       plot.html(fmt::format("Served events a second over time, at most {}",
                                             quantity(Unit::per_second, largest_of(accepted)))));
}

std::string latency_figure(const Timeline& timeline, const json& series) {
    const std::vector<PlotPoint> p50 = points_of(series, "p50_us");
    const std::vector<PlotPoint> p99 = points_of(series, "p99_us");
    const std::vector<PlotPoint> max = points_of(series, "max_us");
    SvgPlot plot =
        timeline.plot(axis_from_zero(Unit::microseconds, largest_of(max) * 1.02, y_ticks));
    timeline.add_marks(plot);
    plot.band(p99, max, "c3");
    plot.band(p50, p99, "c1");
    plot.line(max, "c3 thin");
    plot.line(p99, "c2");
    plot.line(p50, "c1");
    std::vector<LegendEntry> legend{{.css_class = "c3 thin", .text = "max"},
                                    {.css_class = "c2", .text = "p99"},
                                    {.css_class = "c1", .text = "p50"}};
    timeline.add_legend(legend);
    return html_figure(
        "Batch latency", legend,
        plot.html(fmt::format("Median, 99th percentile and maximum of the batch latency over time; "
                              "the largest is {}",
                              quantity(Unit::microseconds, largest_of(max)))));
}

json numbers_of(const std::vector<PlotPoint>& points) {
    json numbers = json::array();
    for (const PlotPoint& point : points) {
        numbers.push_back(std::isfinite(point.y) ? json(point.y) : json(nullptr));
    }
    return numbers;
}

json times_of(const std::vector<PlotPoint>& points) {
    json times = json::array();
    for (const PlotPoint& point : points) times.push_back(point.x);
    return times;
}

// What the script draws: the columns of both figures, the phases and the marks.
json zoom_data(const json& measurement, bool open) {
    const json& series = part_of(measurement, "series");
    const std::vector<PlotPoint> accepted = rates_of(series, "accepted");
    json data{{"at", times_of(accepted)},
              {"served", numbers_of(accepted)},
              {"p50", numbers_of(scaled(points_of(series, "p50_us"), 1e-3))},
              {"p99", numbers_of(scaled(points_of(series, "p99_us"), 1e-3))},
              {"max", numbers_of(scaled(points_of(series, "max_us"), 1e-3))},
              {"marks", list_of(measurement, "marks")},
              {"phases", json::array()}};
    if (open) data["offered"] = numbers_of(rates_of(series, "offered"));
    for (const PhaseStretch& phase : phases_of(series)) {
        data["phases"].push_back({phase.phase, phase.begin, phase.end});
    }
    return data;
}

// A line for each member, and who is who.
struct MemberLines {
    std::string_view title;
    Unit unit;
    std::vector<std::vector<PlotPoint>> lines;
};

std::string members_figure(const Timeline& timeline, const json& members,
                           const MemberLines& drawn) {
    double high = 0;
    for (const std::vector<PlotPoint>& line : drawn.lines) high = std::max(high, largest_of(line));
    SvgPlot plot = timeline.plot(axis_from_zero(drawn.unit, high * 1.02, y_ticks - 1));
    timeline.add_marks(plot);
    std::vector<LegendEntry> legend;
    for (std::size_t index = 0; index < drawn.lines.size(); ++index) {
        plot.line(drawn.lines[index], colour_of(index));
        legend.push_back(
            {.css_class = colour_of(index), .text = text_of(cell_of(members, index), "name")});
    }
    return html_figure(drawn.title, legend,
                       plot.html(fmt::format("{} of every member over time, at most {}",
                                             drawn.title, quantity(drawn.unit, high))));
}

std::string members_figures(const Timeline& timeline, const json& members) {
    MemberLines cpu{.title = "CPU, share of one core", .unit = Unit::fraction, .lines = {}};
    MemberLines rss{.title = "Resident memory", .unit = Unit::bytes, .lines = {}};
    MemberLines disk{.title = "Written to disk a second", .unit = Unit::bytes, .lines = {}};
    MemberLines file{.title = "Data file, allocated", .unit = Unit::bytes, .lines = {}};
    for (const json& member : members) {
        const json& samples = part_of(member, "series");
        cpu.lines.push_back(scaled(
            sum_of(growth_of(samples, "cpu_user_us"), growth_of(samples, "cpu_system_us")), 1e-6));
        rss.lines.push_back(points_of(samples, "rss"));
        disk.lines.push_back(growth_of(samples, "written_bytes"));
        file.lines.push_back(points_of(samples, "file_bytes"));
    }
    std::string html;
    for (const MemberLines* drawn : {&cpu, &rss, &disk, &file}) {
        html += members_figure(timeline, members, *drawn);
    }
    return html;
}

std::string host_figure(const Timeline& timeline, const json& host) {
    SvgPlot plot = timeline.plot(axis_from_zero(Unit::fraction, 1, y_ticks - 1));
    timeline.add_marks(plot);
    std::vector<LegendEntry> legend;
    const std::pair<std::string_view, std::string_view> columns[] = {
        {"psi_cpu", "waiting for CPU"},
        {"psi_io", "waiting for I/O"},
        {"psi_memory", "waiting for memory"},
        {"steal", "stolen by the host"}};
    double high = 0;
    std::size_t index = 0;
    for (const auto& [column, words] : columns) {
        const std::vector<PlotPoint> points = points_of(host, column);
        high = std::max(high, largest_of(points));
        plot.line(points, colour_of(index));
        legend.push_back({.css_class = colour_of(index), .text = std::string(words)});
        ++index;
    }
    return html_figure("Pressure on the machine", legend,
                       plot.html(fmt::format("Share of time that tasks waited for CPU, I/O and "
                                             "memory, and stolen time; at most {}",
                                             quantity(Unit::fraction, high))));
}

}  // namespace

std::string html_timeline(const json& measurement) {
    const Timeline timeline(measurement);
    if (timeline.empty()) return {};
    const json& series = part_of(measurement, "series");
    const bool open = number_of(measurement, "rate").has_value();
    return fmt::format(
        "<div class=\"timeline\"><div class=\"still\">{}{}</div>\n"
        "<script type=\"application/json\">{}</script></div>\n",
        throughput_figure(timeline, series, open), latency_figure(timeline, series),
        script_json(zoom_data(measurement, open)));
}

std::string html_resources(const json& measurement) {
    const Timeline timeline(measurement);
    if (timeline.empty()) return {};
    const json& members = list_of(measurement, "members");
    std::string figures;
    if (!members.empty()) figures += members_figures(timeline, members);
    const json& host = part_of(measurement, "host");
    if (!list_of(host, "rows").empty()) figures += host_figure(timeline, host);
    if (figures.empty()) return {};
    return "<div class=\"multiples\">" + figures + "</div>\n";
}

}  // namespace elytractl::report
