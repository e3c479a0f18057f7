#include "orchestrator/report/markdown_report.hpp"

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
using quantities::change_percent;
using quantities::quantity;
using quantities::Unit;
using quantities::whole;

// Text that Markdown takes as it stands, also in a cell of a table.
std::string plain(std::string_view text) {
    constexpr std::string_view special = "\\`*_{}[]<>()#+!|&~";
    std::string safe;
    for (const char letter : text) {
        if (special.find(letter) != std::string_view::npos) safe += '\\';
        safe += letter == '\n' ? ' ' : letter;
    }
    return safe;
}

std::string row(const std::vector<std::string>& cells) {
    return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string heading(const std::vector<std::string>& cells) {
    const std::vector<std::string> rule(cells.size(), "---");
    return row(cells) + row(rule);
}

std::string estimate_text(const json& series, std::string_view metric) {
    const std::optional<Estimate> estimate = estimate_of(series, metric);
    return estimate.has_value() ? plain(to_text(*estimate)) : "–";
}

std::string numbers(const json& result) {
    const json& summary = list_of(result, "summary");
    if (summary.empty()) return {};
    std::string text = heading({"series", "runs", "served", "batch p50", "batch p99", "batch max",
                                "CPU per event", "written per event"});
    for (const json& series : summary) {
        text += row({plain(series_title(series)), whole(number_of(series, "n").value_or(0)),
                     estimate_text(series, "throughput"), estimate_text(series, "batch.p50"),
                     estimate_text(series, "batch.p99"), estimate_text(series, "batch.max"),
                     estimate_text(series, "cost.cpu_us_per_event"),
                     estimate_text(series, "cost.written_bytes_per_event")});
    }
    const std::string brackets = brackets_sentence(result);
    if (!brackets.empty()) text += "\n" + plain(brackets) + ".\n";
    return text + "\n";
}

std::string comparison_table(const json& comparison) {
    const json& metrics = part_of(comparison, "metrics");
    if (!metrics.is_object()) return {};
    std::string text = heading({"b against a", "change", "interval", "verdict"});
    for (const auto& [name, effect] : metrics.items()) {
        text += row({plain(name), change_percent(number_of(effect, "ratio").value_or(1)),
                     interval_words(effect), plain(effect_words(effect))});
    }
    const std::optional<double> floor = number_of(comparison, "noise_floor");
    if (floor.has_value()) text += fmt::format("\nA/A noise floor ±{:.1f} %.\n", *floor * 100);
    return text + "\n";
}

std::string sweep_table(const json& sweep) {
    const std::vector<SweepRow> rows = sweep_rows(sweep);
    if (rows.empty()) return {};
    std::string text = heading({"fraction", "offered/s", "served/s up / down", "p50 up / down",
                                "p99 up / down", "not steady"});
    for (const SweepRow& step : rows) {
        const json& known = step.up.is_object() ? step.up : step.down;
        text += row({fmt::format("{:.0f} %", step.fraction * 100),
                     whole(number_of(known, "offered").value_or(0)), served_up_and_down(step),
                     up_and_down(step, "p50_us", Unit::microseconds),
                     up_and_down(step, "p99_us", Unit::microseconds), unsteady_directions(step)});
    }
    const json& knee = part_of(sweep, "knee");
    if (knee.is_object()) {
        text += fmt::format("\nKnee: {} with {}.\n",
                            quantity(Unit::per_second, number_of(knee, "rate")),
                            plain(text_of(knee, "slo")));
    }
    const json& hysteresis = part_of(sweep, "hysteresis");
    if (hysteresis.is_object()) {
        text += fmt::format("\nThe way down: {}. {}\n", plain(text_of(hysteresis, "sentence")),
                            plain(text_of(hysteresis, "rule")));
    }
    const std::string recovery = recovery_sentence(sweep);
    if (!recovery.empty()) text += fmt::format("\n{}.\n", plain(recovery));
    return text + "\n";
}

std::string_view not_kept_text(const ThresholdLine& line) {
    if (!line.passed()) return " **not kept**";
    return line.undecided == 0 ? "" : " **undecided**";
}

std::string thresholds(const json& result) {
    const std::vector<ThresholdLine> lines = threshold_lines(result);
    if (lines.empty()) return {};
    std::string text = heading({"threshold", "bound", "worst", "kept"});
    for (const ThresholdLine& line : lines) {
        text += row({plain(line.metric), plain(line.bound), line.worst,
                     fmt::format("{} of {}{}", line.kept, line.checked, not_kept_text(line))});
    }
    return text + "\n";
}

std::string troubles(const json& result) {
    std::string text;
    for (const json& measurement : list_of(result, "measurements")) {
        for (const std::string& sentence : trouble_of(measurement)) {
            text += fmt::format("- measurement {:.0f}: {}\n",
                                number_of(measurement, "index").value_or(0) + 1, plain(sentence));
        }
    }
    return text;
}

std::string verdict_lines(const json& result) {
    const json& verdict = part_of(result, "verdict");
    std::string text = fmt::format("**{}**\n\n", plain(text_of(verdict, "word")));
    std::string reasons = troubles(result);
    for (const json& reason : list_of(verdict, "reasons")) {
        reasons += fmt::format("- {}\n", plain(text_of(reason, "text")));
    }
    return reasons.empty() ? text : text + reasons + "\n";
}

}  // namespace

std::string markdown_report(const json& result) {
    const json& run = part_of(result, "run");
    std::string text =
        fmt::format("## {} {}\n\n", plain(text_of(run, "kind")), plain(text_of(run, "id")));
    text += verdict_lines(result);
    text += comparison_table(part_of(result, "comparison"));
    text += sweep_table(part_of(result, "sweep"));
    text += numbers(result);
    text += thresholds(result);
    // Four blanks make a block of code that no text can end.
    return text + fmt::format("Repeat it:\n\n    {}\n", repeat_command(run));
}

}  // namespace elytractl::report
