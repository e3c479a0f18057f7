#include "orchestrator/report/text_report.hpp"

#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_reading.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::change_digits;
using quantities::digits;
using quantities::duration_text;
using quantities::quantity;
using quantities::Unit;
using quantities::whole;

// More series than these get one line each instead of a paragraph.
constexpr std::size_t paragraphs_max = 4;

constexpr std::size_t troubles_max = 5;  // of one measurement

Emphasis emphasis_of(std::string_view verdict_word) {
    if (verdict_word == "USABLE") return Emphasis::good;
    if (verdict_word == "INVALID") return Emphasis::bad;
    return Emphasis::care;
}

std::string labelled(std::string_view label, const json& series, std::string_view metric) {
    const std::optional<Estimate> estimate = estimate_of(series, metric);
    if (!estimate.has_value()) return {};
    return fmt::format("{} {}", label, to_text(*estimate));
}

void add_heading(TextPage& page, const json& result) {
    const json& run = part_of(result, "run");
    std::vector<std::string> pieces{fmt::format("{} {}", text_of(run, "kind"), text_of(run, "id"))};
    for (const json& subject : list_of(result, "subjects")) {
        pieces.push_back(subject_text(subject));
    }
    const json& environment = part_of(result, "environment");
    pieces.push_back(fmt::format("{:.0f} x {}", number_of(environment, "cpu_count").value_or(0),
                                 text_of(environment, "cpu_model")));
    pieces.push_back(text_of(environment, "file_system"));
    page.pieces(0, pieces);
}

// "92 000 transfers/s offered, 91 996 served"
std::string served_text(const json& series) {
    const std::string_view noun = event_noun(series);
    const std::optional<Estimate> served = estimate_of(series, "throughput");
    if (!served.has_value()) return "nothing was measured";
    const std::optional<Estimate> offered = estimate_of(series, "load.offered");
    if (!number_of(series, "rate").has_value() || !offered.has_value()) {
        return fmt::format("{} {}/s{}", whole(served->median), noun, spread_text(*served));
    }
    return fmt::format("{} {}/s offered, {} served{}", whole(offered->median), noun,
                       whole(served->median), spread_text(*served));
}

std::string runs_text(const json& result, const json& series) {
    const double runs = number_of(series, "n").value_or(0);
    const std::vector<const json*> measurements = measurements_of(result, series);
    if (measurements.empty()) return {};
    const double length =
        number_of(part_of(*measurements.front(), "phases"), "measurement_ns").value_or(0);
    return fmt::format("{:.0f} run{} x {}", runs, runs == 1 ? "" : "s", duration_text(length));
}

// How the events arrived, as far as the plan says it.
std::string arrival_text(const json& series) {
    return number_of(series, "rate").has_value() ? "open loop" : "closed loop";
}

// All samples of the batches of a series, and the largest of them.
std::string count_text(const json& result, const json& series) {
    double count = 0;
    double largest = 0;
    for (const json* measurement : measurements_of(result, series)) {
        const json& batch = part_of(*measurement, "latency", "batch");
        count += number_of(batch, "count").value_or(0);
        largest = std::max(largest, number_of(batch, "max").value_or(0));
    }
    return fmt::format("max {}, n {}", quantity(Unit::microseconds, largest), whole(count));
}

void add_latency(TextPage& page, const json& result, const json& series) {
    std::vector<std::string> pieces;
    const json& metrics = part_of(series, "metrics");
    if (metrics.is_object()) {
        for (const auto& [name, value] : metrics.items()) {
            if (!name.starts_with("batch.p")) continue;
            const std::string quantile = name.substr(name.find('.') + 1);
            pieces.push_back(labelled(quantile, series, name) +
                             wide_interval_text(result, series, quantile));
        }
    }
    const bool open = number_of(series, "rate").has_value();
    pieces.insert(pieces.begin(), open ? "batch latency from the intended start" : "batch latency");
    pieces.push_back(count_text(result, series));
    page.pieces(2, pieces);
}

// Whether some percentile of a single run is shown with its interval.
bool shows_interval_within(const json& result) {
    const json& summary = list_of(result, "summary");
    if (summary.size() > paragraphs_max) return false;
    for (const json& series : summary) {
        const json& metrics = part_of(series, "metrics");
        if (!metrics.is_object()) continue;
        for (const auto& [name, value] : metrics.items()) {
            if (!name.starts_with("batch.p")) continue;
            const std::string quantile = name.substr(name.find('.') + 1);
            if (!wide_interval_text(result, series, quantile).empty()) return true;
        }
    }
    return false;
}

std::string split_text(const json& series) {
    if (!number_of(series, "rate").has_value()) return {};  // all of it is service
    std::vector<std::string> parts;
    for (const std::string_view part : {"fill", "queue", "service"}) {
        const std::optional<Estimate> estimate = estimate_of(series, std::string(part) + ".p99");
        if (!estimate.has_value()) continue;
        parts.push_back(fmt::format("{} {}", part, quantity(Unit::microseconds, estimate->median)));
    }
    if (parts.empty()) return {};
    return fmt::format("split at p99: {}", fmt::join(parts, ", "));
}

std::string cost_text(const json& series) {
    const std::optional<Estimate> cpu = estimate_of(series, "cost.cpu_us_per_event");
    const std::optional<Estimate> bytes = estimate_of(series, "cost.written_bytes_per_event");
    const std::optional<Estimate> switches = estimate_of(series, "cost.switches_per_event");
    if (!cpu.has_value() || !bytes.has_value() || !switches.has_value()) return {};
    const std::string_view noun = event_noun(series) == "transfers" ? "transfer" : "event";
    return fmt::format("per {}: {} µs CPU, {} B written, {} switches", noun, digits(cpu->median),
                       digits(bytes->median), digits(switches->median));
}

std::string rss_text(const json& result, const json& series) {
    std::vector<std::string> parts;
    for (const auto& [name, bytes] : members_rss(result, series)) {
        parts.push_back(fmt::format("{} {}", name, quantity(Unit::bytes, bytes)));
    }
    if (parts.empty()) return {};
    return fmt::format("rss {}", fmt::join(parts, ", "));
}

std::string load_text(const json& series) {
    const std::optional<Estimate> late = estimate_of(series, "load.late_fraction");
    const std::optional<Estimate> dropped = estimate_of(series, "load.dropped_fraction");
    if (!number_of(series, "rate").has_value() || !late.has_value() || !dropped.has_value()) {
        return {};
    }
    return fmt::format("late {}, dropped {}", quantity(Unit::fraction, late->median),
                       quantity(Unit::fraction, dropped->median));
}

void add_paragraph(TextPage& page, const json& result, const json& series) {
    page.pieces(0, std::vector<std::string>{served_text(series), runs_text(result, series),
                                            arrival_text(series)});
    add_latency(page, result, series);
    page.pieces(2,
                std::vector<std::string>{split_text(series), not_shown_sentence(result, series)});
    page.pieces(2, std::vector<std::string>{cost_text(series), rss_text(result, series),
                                            load_text(series)});
    const std::string unserved = unserved_sentence(series);
    if (!unserved.empty()) page.sentence(2, unserved, Emphasis::care);
}

void add_line(TextPage& page, const json& result, const json& series) {
    page.pieces(2, std::vector<std::string>{series_title(series), served_text(series),
                                            labelled("p50", series, "batch.p50"),
                                            labelled("p99", series, "batch.p99"),
                                            count_text(result, series)});
}

void add_series(TextPage& page, const json& result) {
    const json& summary = list_of(result, "summary");
    const bool compact = summary.size() > paragraphs_max;
    const bool several = summary.size() > 1;
    for (const json& series : summary) {
        if (compact) {
            add_line(page, result, series);
            continue;
        }
        const std::string title = series_title(series);
        if (several || !part_of(series, "cell").empty()) {
            page.sentence(0, title, Emphasis::strong);
        }
        add_paragraph(page, result, series);
    }
    const std::string clients = scalability_sentence(result);
    if (!clients.empty()) page.sentence(0, clients, Emphasis::strong);
    if (summary.empty()) page.sentence(0, "no measurement was completed", Emphasis::bad);
}

std::string change_text(const json& effect) {
    const std::string change =
        fmt::format("{:>7} %", change_digits(number_of(effect, "ratio").value_or(1)));
    const std::optional<double> low = number_of(effect, "low");
    const std::optional<double> high = number_of(effect, "high");
    if (!low.has_value() || !high.has_value()) return change;  // too few pairs
    return fmt::format("{} [{}, {}]", change, change_digits(*low), change_digits(*high));
}

void add_comparison(TextPage& page, const json& comparison) {
    if (!comparison.is_object()) return;
    std::vector<std::string> heading{
        fmt::format("b against a, {:.0f} pairs", number_of(comparison, "pairs").value_or(0))};
    const std::optional<double> floor = number_of(comparison, "noise_floor");
    if (floor.has_value())
        heading.push_back(fmt::format("A/A noise floor ±{:.1f} %", *floor * 100));
    page.pieces(0, heading);
    const json& metrics = part_of(comparison, "metrics");
    if (!metrics.is_object()) return;
    std::size_t width = 0;
    for (const auto& [name, effect] : metrics.items()) width = std::max(width, name.size());
    for (const auto& [name, effect] : metrics.items()) {
        page.pieces(2, std::vector<std::string>{fmt::format("{:<{}}", name, width),
                                                change_text(effect), effect_words(effect)});
    }
    const std::string sentence = comparison_sentence(comparison);
    if (!sentence.empty()) page.sentence(2, sentence, Emphasis::strong);
}

void add_sweep(TextPage& page, const json& sweep) {
    if (!sweep.is_object()) return;
    page.sentence(0, fmt::format("closed-loop ceiling {}",
                                 quantity(Unit::per_second, number_of(sweep, "ceiling"))));
    page.sentence(0, "each fraction on the way up / on the way down");
    for (const SweepRow& row : sweep_rows(sweep)) {
        const json& known = row.up.is_object() ? row.up : row.down;
        const std::string unsteady = unsteady_directions(row);
        page.pieces(2, std::vector<std::string>{
                           fmt::format("{:>3.0f} %", row.fraction * 100),
                           fmt::format("{:>9}/s", whole(number_of(known, "offered").value_or(0))),
                           fmt::format("served {:>21}", served_up_and_down(row)),
                           fmt::format("p50 {}", up_and_down(row, "p50_us", Unit::microseconds)),
                           fmt::format("p99 {}", up_and_down(row, "p99_us", Unit::microseconds)),
                           unsteady.empty() ? "" : "not steady " + unsteady});
    }
    const json& knee = part_of(sweep, "knee");
    page.sentence(
        0,
        knee.is_object()
            ? fmt::format("knee: {} with {}", quantity(Unit::per_second, number_of(knee, "rate")),
                          text_of(knee, "slo"))
            : "no knee: no step kept the bound",
        Emphasis::strong);
    const std::string hysteresis = text_of(part_of(sweep, "hysteresis"), "sentence");
    if (!hysteresis.empty()) page.sentence(0, hysteresis);
    const std::string recovery = recovery_sentence(sweep);
    if (!recovery.empty()) page.sentence(0, recovery);
}

void add_trouble(TextPage& page, const json& result) {
    for (const json& measurement : list_of(result, "measurements")) {
        const std::vector<std::string> sentences = trouble_of(measurement);
        for (std::size_t index = 0; index < std::min(sentences.size(), troubles_max); ++index) {
            page.sentence(
                0,
                fmt::format("measurement {:.0f}: {}",
                            number_of(measurement, "index").value_or(0) + 1, sentences[index]),
                Emphasis::bad);
        }
    }
    if (text_of(part_of(result, "run"), "state") != "complete") {
        page.sentence(0, "This result is not complete: the run was cut short, or still goes on.",
                      Emphasis::care);
    }
}

Emphasis emphasis_of(const ThresholdLine& line) {
    if (!line.passed()) return Emphasis::bad;
    return line.undecided == 0 ? Emphasis::none : Emphasis::care;
}

void add_thresholds(TextPage& page, const json& result) {
    for (const ThresholdLine& line : threshold_lines(result)) {
        page.sentence(0,
                      fmt::format("threshold {} {}: {} of {} kept, worst {}", line.metric,
                                  line.bound, line.kept, line.checked, line.worst),
                      emphasis_of(line));
    }
}

void add_verdict(TextPage& page, const json& verdict) {
    const std::string word = text_of(verdict, "word");
    std::vector<std::string> reasons;
    for (const json& reason : list_of(verdict, "reasons")) {
        reasons.push_back(text_of(reason, "text"));
    }
    const std::string line =
        fmt::format("VERDICT  {}{}{}", word, reasons.empty() ? "" : ": ", fmt::join(reasons, "; "));
    page.sentence(0, line, emphasis_of(word));
}

void add_closing(TextPage& page, const json& result) {
    const json& run = part_of(result, "run");
    const std::string brackets = brackets_sentence(result);
    const bool shown = !part_of(result, "sweep").is_object();
    if (shown && !brackets.empty()) page.sentence(0, brackets);
    if (shown && shows_interval_within(result)) {
        page.sentence(0, fmt::format("brackets of a single run: {}", interval_within_sentence));
    }
    const std::string folder = text_of(run, "folder");
    if (!folder.empty()) page.sentence(0, "report: " + folder + "/report.html");
    page.sentence(0, "repeat: " + repeat_command(run));
}

}  // namespace

std::string text_report(const json& result, const TextStyle& style) {
    TextPage page(style);
    add_heading(page, result);
    page.rule();
    add_comparison(page, part_of(result, "comparison"));
    add_sweep(page, part_of(result, "sweep"));
    if (!part_of(result, "sweep").is_object()) add_series(page, result);
    add_trouble(page, result);
    add_thresholds(page, result);
    add_verdict(page, part_of(result, "verdict"));
    add_closing(page, result);
    return std::move(page).text();
}

}  // namespace elytractl::report
