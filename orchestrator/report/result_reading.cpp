#include "orchestrator/report/result_reading.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/metric_unit.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using quantities::change_digits;
using quantities::digits;
using quantities::quantity;
using quantities::Scale;
using quantities::scale_of;
using quantities::Unit;
using quantities::whole;

// Below this share of the offered rate the queue grows for as long as the run lasts.
constexpr double served_share_min = 0.99;

constexpr std::size_t repeats_listed_max = 4;

// As many as the law has parameters.
constexpr std::size_t scale_points_exact = 3;

// Of the value: an interval narrower than that tells no reader anything.
constexpr double wide_share = 0.05;

std::string plain_text(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

// What tells a measurement or a series from others, without its repeat.
std::vector<std::string> distinctions_of(const json& object) {
    std::vector<std::string> words;
    const std::string subject = text_of(object, "subject");
    if (!subject.empty()) words.push_back("subject " + subject);
    const json& cell = part_of(object, "cell");
    if (cell.is_object()) {
        for (const auto& [pointer, value] : cell.items()) {
            words.push_back(fmt::format("{} = {}", pointer, plain_text(value)));
        }
    }
    const std::optional<double> rate = number_of(object, "rate");
    if (rate.has_value()) words.push_back(digits(std::round(*rate)) + "/s offered");
    return words;
}

std::string listed(const std::vector<double>& values, const Scale& scale) {
    std::string text;
    for (const double value : values) {
        if (!text.empty()) text += ' ';
        text += digits(value, scale);
    }
    return text;
}

// Whether `value` is farther to the wrong side of the bounds than `other`.
bool worse(double value, double other, bool has_maximum) {
    return has_maximum ? value > other : value < other;
}

// Where a bound comes from: "(5 runs of tag:main, worse than noise+2%, noise 1.3 %)".
std::string regression_text(const json& regression) {
    if (!regression.is_object()) return {};
    const std::string undecided = text_of(regression, "undecided");
    const std::string against = text_of(regression, "against");
    if (!undecided.empty()) return fmt::format("against {}: undecided, {}", against, undecided);
    const std::size_t runs = list_of(regression, "runs").size();
    const std::optional<double> noise = number_of(regression, "noise");
    return fmt::format("({} run{} of {}, worse than {}{})", runs, runs == 1 ? "" : "s", against,
                       text_of(regression, "worse_than"),
                       noise.has_value() ? fmt::format(", noise {:.2g} %", *noise * 100) : "");
}

std::string bound_text(const json& threshold) {
    const Unit unit = unit_of_metric(text_of(threshold, "metric"));
    std::string text;
    const std::optional<double> minimum = number_of(threshold, "minimum");
    const std::optional<double> maximum = number_of(threshold, "maximum");
    if (minimum.has_value()) text = ">= " + quantity(unit, minimum);
    if (minimum.has_value() && maximum.has_value()) text += ", ";
    if (maximum.has_value()) text += "<= " + quantity(unit, maximum);
    const std::optional<double> at = number_of(threshold, "at");
    if (at.has_value())
        text += fmt::format("{}at {:.4g} % of the maximum", text.empty() ? "" : " ", *at * 100);
    const std::string origin = regression_text(part_of(threshold, "regression"));
    if (text.empty() || origin.empty()) return text + origin;
    return text + " " + origin;
}

bool is_undecided(const json& threshold) {
    return !text_of(part_of(threshold, "regression"), "undecided").empty();
}

struct ThresholdTally {
    ThresholdLine line;
    std::optional<double> worst;
};

void count(ThresholdTally& tally, const json& threshold) {
    tally.line.checked += 1;
    if (flag_of(threshold, "passed")) tally.line.kept += 1;
    if (is_undecided(threshold)) tally.line.undecided += 1;
    const std::optional<double> value = number_of(threshold, "value");
    if (!value.has_value()) return;
    const bool has_maximum = number_of(threshold, "maximum").has_value();
    if (!tally.worst.has_value() || worse(*value, *tally.worst, has_maximum)) tally.worst = value;
}

bool same_series(const json& measurement, const json& series) {
    for (const std::string_view key : {"cell", "rate", "subject"}) {
        if (part_of(measurement, key) != part_of(series, key)) return false;
    }
    return true;
}

// The lowest quantile that the batches of a measurement could not show.
const json& first_not_shown(const json& measurement) {
    return cell_of(list_of(part_of(measurement, "latency", "batch"), "not_shown"), 0);
}

// A quantile of the batches of one measurement, in microseconds.
struct BatchQuantile {
    double value = 0;
    std::optional<double> low;  // of its interval; both ends or none
    std::optional<double> high;
};

std::optional<BatchQuantile> batch_quantile(const json& measurement, std::string_view name) {
    const json& batch = part_of(measurement, "latency", "batch");
    const std::optional<double> value = number_of(part_of(batch, "quantiles"), name);
    if (!value.has_value()) return std::nullopt;
    const json& interval = list_of(part_of(batch, "intervals"), name);
    BatchQuantile quantile{.value = *value, .low = {}, .high = {}};
    if (interval.size() != 2) return quantile;
    quantile.low = number_in(interval[0]);
    quantile.high = quantile.low.has_value() ? number_in(interval[1]) : std::nullopt;
    if (!quantile.high.has_value()) quantile.low.reset();
    return quantile;
}

std::string interval_text(const BatchQuantile& quantile) {
    if (!quantile.low.has_value()) return {};
    const Scale scale = scale_of(Unit::microseconds, quantile.value);
    return fmt::format(" [{}, {}]", digits(*quantile.low, scale), digits(*quantile.high, scale));
}

bool shell_safe(std::string_view word) {
    constexpr std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
    return !word.empty() && word.find_first_not_of(harmless) == std::string_view::npos;
}

std::string shell_quoted(const std::string& word) {
    if (shell_safe(word)) return word;
    std::string quoted = "'";
    for (const char letter : word) {
        if (letter == '\'') {
            quoted += "'\\''";
        } else {
            quoted += letter;
        }
    }
    return quoted + "'";
}

}  // namespace

std::string subject_text(const json& subject) {
    const std::string name = text_of(subject, "name");
    std::string text = name.empty() ? "" : name + ": ";
    text += text_of(subject, "version");
    for (const json& setting : list_of(subject, "settings")) text += ", " + plain_text(setting);
    return text;
}

std::string series_title(const json& series) {
    return fmt::format("{}", fmt::join(distinctions_of(series), ", "));
}

std::string measurement_title(const json& measurement) {
    std::vector<std::string> words = distinctions_of(measurement);
    const std::string role = text_of(measurement, "role");
    if (role != "measurement") words.insert(words.begin(), role);
    words.push_back(fmt::format("repeat {:.0f}", number_of(measurement, "repeat").value_or(0) + 1));
    return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<const json*> measurements_of(const json& result, const json& series) {
    std::vector<const json*> found;
    for (const json& measurement : list_of(result, "measurements")) {
        if (text_of(measurement, "completion") != "complete") continue;
        if (text_of(measurement, "role") != "measurement") continue;
        if (same_series(measurement, series)) found.push_back(&measurement);
    }
    return found;
}

std::optional<Estimate> estimate_of(const json& series, std::string_view metric) {
    const json& summary = part_of(part_of(series, "metrics"), metric);
    const std::optional<double> median = number_of(summary, "median");
    const json& values = list_of(summary, "values");
    if (!median.has_value()) return std::nullopt;
    if (static_cast<double>(values.size()) != number_of(series, "n")) return std::nullopt;
    Estimate estimate;
    estimate.metric = metric;
    estimate.median = *median;
    for (const json& value : values) estimate.values.push_back(number_in(value).value_or(0));
    const std::optional<double> low = number_of(part_of(summary, "interval"), "low");
    const std::optional<double> high = number_of(part_of(summary, "interval"), "high");
    if (low.has_value() && high.has_value()) {
        estimate.low = low;
        estimate.high = high;
    }
    return estimate;
}

std::string to_text(const Estimate& estimate) {
    return quantity(unit_of_metric(estimate.metric), estimate.median) + spread_text(estimate);
}

std::string spread_text(const Estimate& estimate) {
    const Scale scale = scale_of(unit_of_metric(estimate.metric), std::abs(estimate.median));
    if (estimate.low.has_value()) {
        return fmt::format(" [{}, {}]", digits(*estimate.low, scale),
                           digits(*estimate.high, scale));
    }
    const std::size_t count = estimate.values.size();
    if (count < 2 || count > repeats_listed_max) return {};
    return fmt::format(" ({})", listed(estimate.values, scale));
}

std::string quantile_text(const json& measurement, std::string_view quantile) {
    const std::optional<BatchQuantile> found = batch_quantile(measurement, quantile);
    if (!found.has_value()) return "–";
    return quantity(Unit::microseconds, found->value) + interval_text(*found);
}

std::string wide_interval_text(const json& result, const json& series, std::string_view quantile) {
    const std::vector<const json*> measurements = measurements_of(result, series);
    if (measurements.size() != 1) return {};
    const std::optional<BatchQuantile> found = batch_quantile(*measurements.front(), quantile);
    if (!found.has_value() || !found->low.has_value()) return {};
    if (*found->high - *found->low <= wide_share * found->value) return {};
    return interval_text(*found);
}

std::string brackets_sentence(const json& result) {
    double runs = 0;
    for (const json& series : list_of(result, "summary")) {
        runs = std::max(runs, number_of(series, "n").value_or(0));
        for (const json& metric : part_of(series, "metrics")) {
            const json& interval = part_of(metric, "interval");
            if (!interval.is_object()) continue;
            return fmt::format(
                "brackets: {:.0f} % interval, {}, {:.0f} runs; the value before "
                "them is the median",
                number_of(interval, "confidence").value_or(0) * 100, text_of(interval, "method"),
                number_of(series, "n").value_or(0));
        }
    }
    if (runs < 2) return {};
    return fmt::format("median of {:.0f} runs; parentheses: each of them. An interval needs 5",
                       runs);
}

std::string not_shown_sentence(const json& result, const json& series) {
    std::string quantile;
    double above = INFINITY;
    for (const json* measurement : measurements_of(result, series)) {
        const json& missing = first_not_shown(*measurement);
        const std::optional<double> samples = number_of(missing, "samples_above");
        if (!samples.has_value() || *samples >= above) continue;
        above = *samples;
        quantile = text_of(missing, "quantile");
    }
    if (quantile.empty()) return {};
    return fmt::format("{} not shown: {:.0f} sample{} above it, 10 needed", quantile, above,
                       above == 1 ? "" : "s");
}

std::string unserved_sentence(const json& series) {
    if (!number_of(series, "rate").has_value()) return {};  // a closed loop offers what it can
    const std::optional<Estimate> offered = estimate_of(series, "load.offered");
    const std::optional<Estimate> served = estimate_of(series, "throughput");
    if (!offered.has_value() || !served.has_value()) return {};
    if (served->median >= served_share_min * offered->median) return {};
    return fmt::format(
        "offered {}/s, served {}/s: the queue grew for as long as the run lasted, so the latencies "
        "say how long it lasted; lower the rate",
        whole(offered->median), whole(served->median));
}

std::string_view event_noun(const json& series) {
    return part_of(part_of(series, "metrics"), "query.max").is_null() ? "transfers" : "events";
}

std::string scalability_sentence(const json& result) {
    const json& law = part_of(result, "scalability");
    const std::optional<double> lambda = number_of(law, "lambda");
    if (!lambda.has_value()) return {};
    const std::size_t points = list_of(law, "points").size();
    std::string text =
        fmt::format("clients: one alone {}, contention {:.2g} %, crosstalk {:.2g} %",
                    quantity(Unit::per_second, lambda), number_of(law, "sigma").value_or(0) * 100,
                    number_of(law, "kappa").value_or(0) * 100);
    const std::optional<double> peak = number_of(law, "peak_clients");
    text += peak.has_value()
                ? fmt::format("; most with about {:.0f}, {}", *peak,
                              quantity(Unit::per_second, number_of(law, "peak_throughput")))
                : "; no number of them is too many";
    const double error = number_of(law, "error").value_or(0);
    return text + (points == scale_points_exact
                       ? "; three points fit any such curve"
                       : fmt::format("; the curve is off by at most {:.1f} %", error * 100));
}

std::string interval_words(const json& effect) {
    const std::optional<double> low = number_of(effect, "low");
    const std::optional<double> high = number_of(effect, "high");
    if (!low.has_value() || !high.has_value()) return "–";
    return fmt::format("{} to {} %", change_digits(*low), change_digits(*high));
}

std::string comparison_sentence(const json& comparison) {
    const json& metrics = part_of(comparison, "metrics");
    const std::string sentence = text_of(part_of(metrics, "throughput"), "sentence");
    if (!sentence.empty()) return sentence;
    for (const json& effect : metrics) {
        if (const std::string other = text_of(effect, "sentence"); !other.empty()) return other;
    }
    return {};
}

std::string effect_words(const json& effect) {
    const std::string verdict = text_of(effect, "verdict");
    const std::optional<double> needed = number_of(effect, "pairs_needed");
    if (!needed.has_value()) return verdict;
    return fmt::format("{}, about {:.0f} more pairs needed", verdict, *needed);
}

std::vector<std::pair<std::string, double>> members_rss(const json& result, const json& series) {
    std::map<std::string, double> largest;
    for (const json* measurement : measurements_of(result, series)) {
        for (const json& member : list_of(*measurement, "members")) {
            const std::optional<double> rss = number_of(part_of(member, "usage"), "max_rss_bytes");
            double& known = largest[text_of(member, "name")];
            known = std::max(known, rss.value_or(0));
        }
    }
    return {largest.begin(), largest.end()};
}

std::vector<std::string> trouble_of(const json& measurement) {
    std::vector<std::string> sentences;
    for (const json& left : list_of(measurement, "left_behind")) {
        sentences.push_back("left behind: " + plain_text(left));
    }
    const std::string completion = text_of(measurement, "completion");
    if (completion == "complete") {
        for (const json& finding : list_of(part_of(measurement, "audit"), "findings")) {
            sentences.push_back("wrong answer: " + plain_text(finding));
        }
        return sentences;
    }
    sentences.push_back("did not complete: " + completion);
    for (const json& error : list_of(measurement, "errors")) sentences.push_back(plain_text(error));
    for (const json& member : list_of(measurement, "members")) {
        const std::string reason = text_of(member, "reason_text");
        if (!reason.empty()) sentences.push_back(text_of(member, "name") + ": " + reason);
    }
    return sentences;
}

std::vector<ThresholdLine> threshold_lines(const json& result) {
    std::vector<ThresholdTally> tallies;
    for (const json& threshold : list_of(result, "thresholds")) {
        const std::string metric = text_of(threshold, "metric");
        const std::string bound = bound_text(threshold);
        auto found = std::ranges::find_if(tallies, [&](const ThresholdTally& tally) {
            return tally.line.metric == metric && tally.line.bound == bound;
        });
        if (found == tallies.end()) {
            tallies.push_back(
                {.line = {.metric = metric, .bound = bound, .worst = {}}, .worst = {}});
            found = tallies.end() - 1;
        }
        count(*found, threshold);
    }
    std::vector<ThresholdLine> lines;
    for (ThresholdTally& tally : tallies) {
        tally.line.worst = quantity(unit_of_metric(tally.line.metric), tally.worst);
        lines.push_back(std::move(tally.line));
    }
    return lines;
}

std::string repeat_command(const json& run) {
    const json& rerun = list_of(run, "rerun");
    return shell_command(rerun.empty() ? part_of(run, "command") : rerun);
}

std::vector<SweepRow> sweep_rows(const json& sweep) {
    static const json none;
    const json& steps = list_of(sweep, "steps");
    const auto step_at = [&](std::string_view direction, double fraction) -> const json& {
        for (const json& step : steps) {
            if (text_of(step, "direction") != direction) continue;
            if (number_of(step, "fraction") == fraction) return step;
        }
        return none;
    };
    std::set<double> fractions;
    for (const json& step : steps) fractions.insert(number_of(step, "fraction").value_or(0));
    std::vector<SweepRow> rows;
    for (const double fraction : fractions) {
        rows.push_back({.fraction = fraction,
                        .up = step_at("up", fraction),
                        .down = step_at("down", fraction)});
    }
    return rows;
}

std::string up_and_down(const SweepRow& row, std::string_view key, Unit unit) {
    return fmt::format("{} / {}", quantity(unit, number_of(row.up, key)),
                       quantity(unit, number_of(row.down, key)));
}

std::string served_up_and_down(const SweepRow& row) {
    const auto served = [](const json& step) {
        const std::optional<double> rate = number_of(step, "accepted");
        return rate.has_value() ? whole(*rate) : std::string("-");
    };
    return fmt::format("{} / {}", served(row.up), served(row.down));
}

std::string unsteady_directions(const SweepRow& row) {
    const bool up = row.up.is_object() && !flag_of(row.up, "steady");
    const bool down = row.down.is_object() && !flag_of(row.down, "steady");
    return fmt::format("{}{}{}", up ? "up" : "", up && down ? ", " : "", down ? "down" : "");
}

std::string recovery_sentence(const json& sweep) {
    const json& recovery = part_of(sweep, "recovery");
    if (!recovery.is_object()) return {};
    return fmt::format("recovery: {:.0f} % after an overload that left {} events: {}",
                       number_of(recovery, "fraction").value_or(0) * 100,
                       whole(number_of(recovery, "carried").value_or(0)),
                       text_of(recovery, "sentence"));
}

std::string shell_command(const json& arguments) {
    std::string command;
    if (!arguments.is_array()) return command;
    for (const json& argument : arguments) {
        if (!command.empty()) command += ' ';
        command += shell_quoted(plain_text(argument));
    }
    return command;
}

}  // namespace elytractl::report
