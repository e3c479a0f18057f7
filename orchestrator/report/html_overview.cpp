#include "orchestrator/report/html_overview.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_environment.hpp"
#include "orchestrator/report/html_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/metric_unit.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "orchestrator/report/svg_plot.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::digits;
using quantities::quantity;
using quantities::Scale;
using quantities::scale_of;
using quantities::Unit;
using quantities::whole;

constexpr int json_indent = 2;
constexpr std::size_t digest_shown = 12;  // digits tell configurations apart

constexpr double strip_reach_min = 0.05;  // of the median

// More series than these have no drawing of their repeats: it would be taller than a page.
constexpr std::size_t series_drawn_max = 30;

struct VerdictLook {
    std::string_view css_class;
    std::string_view sign;  // so that colour is not the only difference
};

VerdictLook look_of(std::string_view word) {
    if (word == "USABLE") return {.css_class = "good", .sign = "✓"};
    if (word == "INVALID") return {.css_class = "bad", .sign = "✕"};
    if (word == "INCONCLUSIVE") return {.css_class = "care", .sign = "?"};
    return {.css_class = "care", .sign = "!"};
}

// Repeats as dots, their interval as a bar behind them. The strip spans at least five percent to
// both sides of the median, so that what is nearly equal looks so.
std::string strip_of(const Estimate& estimate) {
    const auto [low, high] = std::ranges::minmax(estimate.values);
    if (low == high) return {};
    const double reach = std::max({std::abs(estimate.median) * strip_reach_min,
                                   high - estimate.median, estimate.median - low});
    const auto left = [&](double value) {
        return 500 + std::clamp((value - estimate.median) / reach, -1.0, 1.0) * 480;
    };
    std::string shapes = "<path class=\"grid\" d=\"M0 50H1000\"/>";
    if (estimate.low.has_value()) {
        shapes += fmt::format("<path class=\"bar c1\" d=\"M{:.0f} 50H{:.0f}\"/>",
                              left(*estimate.low), left(*estimate.high));
    }
    for (const double value : estimate.values) {
        shapes += fmt::format("<path class=\"dot repeat\" d=\"M{:.0f} 50h0\"/>", left(value));
    }
    shapes += "<path class=\"median\" d=\"M500 5V95\"/>";
    return fmt::format(
        "<svg class=\"strip\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" "
        "role=\"img\" aria-label=\"{} repeats from {} to {}\">{}</svg>",
        estimate.values.size(), quantity(unit_of_metric(estimate.metric), low),
        quantity(unit_of_metric(estimate.metric), high), shapes);
}

// The value in large digits, its unit small.
std::string large_number(const Estimate& estimate) {
    const Unit unit = unit_of_metric(estimate.metric);
    const Scale scale = scale_of(unit, std::abs(estimate.median));
    const std::string number =
        unit == Unit::per_second ? whole(estimate.median) : digits(estimate.median, scale);
    return fmt::format("<span class=\"value\">{}</span> <span class=\"unit\">{}</span>",
                       escaped(number), escaped(scale.name));
}

std::string card(std::string_view name, const json& series, std::string_view metric) {
    const std::optional<Estimate> estimate = estimate_of(series, metric);
    if (!estimate.has_value()) return {};
    const std::string strip = strip_of(*estimate);
    const std::string spread = strip.empty() ? std::string() : spread_text(*estimate);
    return fmt::format(
        "<div class=\"card\"><h4>{}</h4><p>{}</p>{}<p class=\"spread\">{}</p></div>\n",
        escaped(name), large_number(*estimate), strip, escaped(spread));
}

std::string main_cards(const json& series) {
    std::string cards = card("Throughput, served", series, "throughput");
    for (const std::string_view quantile : {"p50", "p99", "max"}) {
        cards += card(fmt::format("Batch latency {}", quantile), series,
                      fmt::format("batch.{}", quantile));
    }
    return "<div class=\"cards main\">" + cards + "</div>\n";
}

std::string other_cards(const json& series) {
    const std::string per =
        event_noun(series) == "transfers" ? std::string("per transfer") : std::string("per event");
    const bool open = number_of(series, "rate").has_value();
    std::string cards;
    if (open) cards += card("Offered", series, "load.offered");
    if (open) cards += card("Sent late", series, "load.late_fraction");
    if (open) cards += card("Never sent", series, "load.dropped_fraction");
    for (const std::string_view quantile : {"p90", "p99.9", "p99.99"}) {
        cards += card(fmt::format("Batch latency {}", quantile), series,
                      fmt::format("batch.{}", quantile));
    }
    cards += card("Query latency p99", series, "query.p99");
    cards += card("CPU " + per, series, "cost.cpu_us_per_event");
    cards += card("Written " + per, series, "cost.written_bytes_per_event");
    cards += card("Largest memory of a member", series, "member.rss_max");
    cards += card("Generator busy", series, "generator.busy");
    return "<div class=\"cards\">" + cards + "</div>\n";
}

std::string notes_of(const json& result, const json& series) {
    std::string notes;
    const std::string unserved = unserved_sentence(series);
    if (!unserved.empty()) notes += fmt::format("<p class=\"warn\">{}.</p>\n", escaped(unserved));
    const std::string not_shown = not_shown_sentence(result, series);
    if (!not_shown.empty()) notes += fmt::format("<p class=\"note\">{}.</p>\n", escaped(not_shown));
    return notes;
}

std::string cell_text(const json& series, std::string_view metric) {
    const std::optional<Estimate> estimate = estimate_of(series, metric);
    return estimate.has_value() ? to_text(*estimate) : "–";
}

std::string median_text(const json& series, std::string_view metric) {
    const std::optional<Estimate> estimate = estimate_of(series, metric);
    return estimate.has_value() ? quantity(unit_of_metric(metric), estimate->median) : "–";
}

HtmlTable series_table(const json& summary) {
    HtmlTable table{.caption = "",
                    .heading = {"series", "n", "served", "p50", "p99", "max", "CPU per event"},
                    .rows = {},
                    .numbers = true};
    for (const json& series : summary) {
        table.rows.push_back({series_title(series), whole(number_of(series, "n").value_or(0)),
                              cell_text(series, "throughput"), cell_text(series, "batch.p50"),
                              cell_text(series, "batch.p99"), cell_text(series, "batch.max"),
                              median_text(series, "cost.cpu_us_per_event")});
    }
    return table;
}

// A row for each series: its repeats as dots, their interval as a bar.
std::string repeats_figure(const json& summary, std::string_view title, std::string_view metric) {
    const double rows = static_cast<double>(summary.size());
    PlotAxis names{.low = 0, .high = rows};
    double low = INFINITY;
    double high = 0;
    bool any = false;
    std::vector<std::pair<double, Estimate>> drawn;
    double y = rows + 0.5;
    for (const json& series : summary) {
        y -= 1;
        names.ticks.push_back({.at = y, .text = series_title(series)});
        const std::optional<Estimate> estimate = estimate_of(series, metric);
        if (!estimate.has_value()) continue;
        low = std::min(low, std::ranges::min(estimate->values));
        high = std::max(high, std::ranges::max(estimate->values));
        any = any || estimate->values.size() > 1;
        drawn.emplace_back(y, *estimate);
    }
    if (!any || summary.size() > series_drawn_max) return {};
    SvgPlot plot(axis_around(unit_of_metric(metric), low, high, 6), std::move(names));
    for (const auto& [row, estimate] : drawn) {
        if (estimate.low.has_value()) plot.bar(*estimate.low, *estimate.high, row, "c1 soft");
        for (const double value : estimate.values) {
            plot.dot({.x = value, .y = row}, "repeat", quantity(unit_of_metric(metric), value));
        }
    }
    const LegendEntry legend[] = {{.css_class = "repeat", .text = "repeat"},
                                  {.css_class = "c1 soft", .text = "interval"}};
    return fmt::format("<div class=\"forest\" style=\"--rows:{}\">{}</div>\n", summary.size(),
                       html_figure(title, legend,
                                   plot.html(fmt::format("{} of every repeat of every series; the "
                                                         "table above has the medians",
                                                         title))));
}

std::string scalar_text(const json& value) {
    if (value.is_null()) return {};
    return value.is_string() ? value.get<std::string>() : value.dump();
}

HtmlTable subject_table(const json& subjects) {
    HtmlTable table{.caption = "Servers measured",
                    .heading = {"path", "version", "release", "size", "SHA-256"},
                    .rows = {},
                    .numbers = false};
    for (const json& subject : subjects) {
        const std::string name = text_of(subject, "name");
        const std::string path = text_of(subject, "path");
        table.rows.push_back({name.empty() ? path : name + ": " + path, text_of(subject, "version"),
                              text_of(subject, "release"),
                              quantity(Unit::bytes, number_of(subject, "size")),
                              text_of(subject, "sha256")});
    }
    return table;
}

// The same command of every repeat is shown once.
std::string member_commands(const json& result) {
    std::vector<std::string> lines;
    std::set<std::string> seen;
    for (const json& measurement : list_of(result, "measurements")) {
        for (const json& member : list_of(measurement, "members")) {
            std::string line = shell_command(part_of(member, "command"));
            if (!line.empty() && seen.insert(line).second) lines.push_back(std::move(line));
        }
    }
    if (lines.empty()) return {};
    return html_details(
        "Command lines of the members",
        fmt::format("<pre>{}</pre>\n", escaped(fmt::format("{}", fmt::join(lines, "\n")))));
}

std::string exit_text(const json& member) {
    const std::string reason = text_of(member, "reason");
    const json& exit = part_of(member, "exit");
    const double signal = number_of(exit, "signal").value_or(0);
    if (signal > 0) return fmt::format("{}, signal {:.0f}", reason, signal);
    const std::optional<double> status = number_of(exit, "status");
    if (status.has_value() && *status != 0) {
        return fmt::format("{}, status {:.0f}", reason, *status);
    }
    return reason;
}

std::string_view threshold_mark(const ThresholdLine& line) {
    if (!line.passed()) return "✕";
    return line.undecided == 0 ? "✓" : "?";
}

}  // namespace

std::string html_heading(const json& result) {
    const json& run = part_of(result, "run");
    std::vector<std::string> facts{"started " + text_of(run, "started")};
    for (const json& subject : list_of(result, "subjects")) {
        facts.push_back(subject_text(subject));
    }
    facts.push_back("elytractl " + text_of(run, "elytractl"));
    std::string list;
    for (const std::string& fact : facts) list += "<li>" + escaped(fact) + "</li>";
    return fmt::format("<header><p class=\"kind\">{} · {}</p>\n<h1>{}</h1>\n<ul>{}</ul></header>\n",
                       escaped(text_of(run, "kind")), escaped(text_of(run, "name")),
                       escaped(text_of(run, "id")), list);
}

std::string html_verdict(const json& result) {
    const json& verdict = part_of(result, "verdict");
    const std::string word = text_of(verdict, "word");
    const VerdictLook look = look_of(word);
    std::string reasons;
    for (const json& reason : list_of(verdict, "reasons")) {
        reasons += "<li>" + escaped(text_of(reason, "text")) + "</li>\n";
    }
    for (const json& measurement : list_of(result, "measurements")) {
        for (const std::string& sentence : trouble_of(measurement)) {
            reasons +=
                fmt::format("<li>measurement {:.0f}: {}</li>\n",
                            number_of(measurement, "index").value_or(0) + 1, escaped(sentence));
        }
    }
    if (text_of(part_of(result, "run"), "state") != "complete") {
        reasons += "<li>the result is not complete: the run was cut short, or still goes on</li>\n";
    }
    return fmt::format(
        "<section id=\"verdict\" class=\"verdict {}\" aria-label=\"Verdict\">\n"
        "<p class=\"word\"><span aria-hidden=\"true\">{}</span> {}</p>\n"
        "<ul>{}</ul></section>\n",
        look.css_class, look.sign, escaped(word), reasons);
}

std::string html_headline(const json& result) {
    const json& summary = list_of(result, "summary");
    if (summary.empty()) return {};
    std::string html;
    if (summary.size() == 1) {
        const std::string title = series_title(summary[0]);
        if (!title.empty()) html += "<h3>" + escaped(title) + "</h3>\n";
        html += main_cards(summary[0]) + other_cards(summary[0]);
    } else {
        html += to_html(series_table(summary));
        html += repeats_figure(summary, "Throughput, served", "throughput");
        html += repeats_figure(summary, "Batch latency p99", "batch.p99");
    }
    const std::string clients = scalability_sentence(result);
    if (!clients.empty()) html += "<p>" + escaped(clients) + ".</p>\n";
    std::set<std::string> notes;  // many series may have the same
    for (const json& series : summary) notes.insert(notes_of(result, series));
    for (const std::string& note : notes) html += note;
    const std::string brackets = brackets_sentence(result);
    if (!brackets.empty()) html += "<p class=\"note\">" + escaped(brackets) + ".</p>\n";
    return html;
}

std::string html_thresholds(const json& result) {
    const std::vector<ThresholdLine> lines = threshold_lines(result);
    if (lines.empty()) return {};
    HtmlTable table{.caption = "",
                    .heading = {"metric", "bound", "worst", "kept"},
                    .rows = {},
                    .numbers = false};
    for (const ThresholdLine& line : lines) {
        if (!line.passed()) table.alarms.insert(table.rows.size());
        table.rows.push_back(
            {line.metric, line.bound, line.worst,
             fmt::format("{} {} of {}", threshold_mark(line), line.kept, line.checked)});
    }
    return to_html(table);
}

std::string html_measurements(const json& result) {
    HtmlTable table{.caption = fmt::format("Brackets: {}", interval_within_sentence),
                    .heading = {"measurement", "served", "p50", "p99", "max",
                                "in the ledger before", "steady", "verdict"},
                    .rows = {},
                    .numbers = true};
    for (const json& measurement : list_of(result, "measurements")) {
        const json& metrics = part_of(measurement, "metrics");
        if (!trouble_of(measurement).empty()) table.alarms.insert(table.rows.size());
        const std::string completion = text_of(measurement, "completion");
        if (!trouble_of(measurement).empty()) table.alarms.insert(table.rows.size());
        const std::optional<double> before = number_of(measurement, "transfers_before");
        const auto metric = [&](std::string_view name) {
            return quantity(unit_of_metric(name), number_of(metrics, name));
        };
        table.rows.push_back(
            {fmt::format("{:.0f}: {}", number_of(measurement, "index").value_or(0) + 1,
                         measurement_title(measurement)),
             metric("throughput"), quantile_text(measurement, "p50"),
             quantile_text(measurement, "p99"), metric("batch.max"),
             before.has_value() ? whole(*before) : "–",
             flag_of(measurement, "steady") ? "yes" : "no",
             completion == "complete" ? text_of(part_of(measurement, "verdict"), "word")
                                      : completion});
    }
    return table.rows.empty() ? std::string() : to_html(table);
}

std::string html_members(const json& result) {
    HtmlTable table{.caption = "",
                    .heading = {"member", "end", "ready after", "memory", "PSS", "CPU user",
                                "CPU system", "faults major", "switches", "data file"},
                    .rows = {},
                    .numbers = true};
    for (const json& measurement : list_of(result, "measurements")) {
        const double index = number_of(measurement, "index").value_or(0) + 1;
        for (const json& member : list_of(measurement, "members")) {
            const json& usage = part_of(member, "usage");
            const double switches = number_of(usage, "voluntary_switches").value_or(0) +
                                    number_of(usage, "involuntary_switches").value_or(0);
            table.rows.push_back(
                {fmt::format("{:.0f}: {}", index, text_of(member, "name")), exit_text(member),
                 quantity(Unit::milliseconds, number_of(member, "ready_ms")),
                 quantity(Unit::bytes, number_of(usage, "max_rss_bytes")),
                 quantity(Unit::bytes, number_of(member, "proportional_bytes")),
                 quantity(Unit::microseconds, number_of(usage, "user_us")),
                 quantity(Unit::microseconds, number_of(usage, "system_us")),
                 whole(number_of(usage, "major_faults").value_or(0)), whole(switches),
                 quantity(Unit::bytes, number_of(part_of(member, "file"), "allocated"))});
        }
    }
    return table.rows.empty() ? std::string() : to_html(table);
}

std::string html_reproduction(const json& result) {
    const json& run = part_of(result, "run");
    std::string html =
        fmt::format("<p>The command of this run; seed {}, configuration {}:</p>\n<pre>{}</pre>\n",
                    escaped(scalar_text(part_of(run, "seed"))),
                    escaped(text_of(run, "config_sha256").substr(0, digest_shown)),
                    escaped(shell_command(part_of(run, "command"))));
    if (!list_of(run, "rerun").empty()) {
        html += fmt::format("<p>The same again, with the same program:</p>\n<pre>{}</pre>\n",
                            escaped(repeat_command(run)));
    }
    html += to_html(subject_table(list_of(result, "subjects")));
    html += html_environment(result);
    html += member_commands(result);
    const json& plan = part_of(result, "plan");
    if (plan.is_null()) return html;
    const std::string text =
        plan.dump(json_indent, ' ', false, nlohmann::json::error_handler_t::replace);
    return html + html_details("Plan", "<pre>" + escaped(text) + "</pre>\n");
}

}  // namespace elytractl::report
