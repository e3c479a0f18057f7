#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/quantities/quantity.hpp"

// What several renderers say about a result in the same words.
namespace elytractl::report {

// "b: Elytra version 0.1.0+abc, /load/clients=4"; the name only where there are several.
std::string subject_text(const nlohmann::json& subject);

// "subject b, /load/clients = 4, 92 000/s offered"; empty where a result has nothing to tell apart.
std::string series_title(const nlohmann::json& series);

// The same for a measurement, with its repeat: "repeat 3".
std::string measurement_title(const nlohmann::json& measurement);

// The measurements that a series of the summary stands for.
std::vector<const nlohmann::json*> measurements_of(const nlohmann::json& result,
                                                   const nlohmann::json& series);

// A metric over the repeats of a series.
struct Estimate {
    std::string metric;
    double median = 0;
    std::vector<double> values;  // of each repeat
    std::optional<double> low;   // of the interval; both ends or none
    std::optional<double> high;
};

// None where a repeat lacks the metric: then it is not one that the series can show.
std::optional<Estimate> estimate_of(const nlohmann::json& series, std::string_view metric);

// "31.4 ms [30.2, 33.0]"; two to four repeats without interval show each: "31.4 ms (30.9 31.4
// 33.0)".
std::string to_text(const Estimate& estimate);

// What stands behind the value there: " [30.2, 33.0]"; empty for a single repeat.
std::string spread_text(const Estimate& estimate);

// A quantile of the batches of one measurement ("p99") with its interval behind it: "31.4 ms [30.2,
// 33.0]"; a dash where it is not shown.
std::string quantile_text(const nlohmann::json& measurement, std::string_view quantile);

// The same for the only repeat of a series, where the interval is wide enough to matter: " [30.2,
// 33.0]". Empty where it is not, or where repeats tell more.
std::string wide_interval_text(const nlohmann::json& result, const nlohmann::json& series,
                               std::string_view quantile);

// What the brackets of these two mean.
inline constexpr std::string_view interval_within_sentence =
    "95 % interval from the ranks of the samples of one run; they depend on one another, so that "
    "the truth is less certain than that: repeat to know";

// What the brackets and parentheses of the estimates mean; empty where there are none.
std::string brackets_sentence(const nlohmann::json& result);

// "p99.99 not shown: 4 samples above it, 10 needed"; empty where all that was asked for is shown.
std::string not_shown_sentence(const nlohmann::json& result, const nlohmann::json& series);

// The English sentence for a rate that was asked for and not reached; empty where it was.
std::string unserved_sentence(const nlohmann::json& series);

// "transfers", or "events" where queries are among them.
std::string_view event_noun(const nlohmann::json& series);

// How throughput follows the number of clients, and where more of them stop helping; empty where
// that is not known.
std::string scalability_sentence(const nlohmann::json& result);

// The interval of a change: "+2.6 to +5.1 %"; a dash where the pairs are too few for one.
std::string interval_words(const nlohmann::json& effect);

// What a comparison found, in a sentence: about throughput, where it was compared.
std::string comparison_sentence(const nlohmann::json& comparison);

// The verdict of a comparison for one metric: "undecided, about 9 more pairs needed".
std::string effect_words(const nlohmann::json& effect);

// The largest resident size of every member over the repeats: {"r0", 3.03e9}.
std::vector<std::pair<std::string, double>> members_rss(const nlohmann::json& result,
                                                        const nlohmann::json& series);

// Why a measurement did not run to its end, what its audit found, what it left behind; empty where
// all was well.
std::vector<std::string> trouble_of(const nlohmann::json& measurement);

// One bound of the run file over all measurements.
struct ThresholdLine {
    std::string metric;
    std::string bound;  // "<= 40 ms"
    std::string worst;  // the value farthest to the wrong side; "-" where it was never measured
    std::size_t kept = 0;
    std::size_t undecided = 0;  // regressions that could not be judged
    std::size_t checked = 0;

    bool passed() const { return kept + undecided == checked; }
};

std::vector<ThresholdLine> threshold_lines(const nlohmann::json& result);

// The command that measures the same as the part `run` again; the run's own where it has none.
std::string repeat_command(const nlohmann::json& run);

// A fraction of a sweep: its step on the way up beside that on the way down, or beside null.
struct SweepRow {
    double fraction = 0;
    const nlohmann::json& up;
    const nlohmann::json& down;
};

// By ascending fraction. The sweep outlives the rows.
std::vector<SweepRow> sweep_rows(const nlohmann::json& sweep);

// "12.0 ms / 80.1 ms": a number of both steps of a row, side by side; a dash where there is none.
std::string up_and_down(const SweepRow& row, std::string_view key, quantities::Unit unit);

// "90 000 / 89 500", events a second.
std::string served_up_and_down(const SweepRow& row);

// Which steps of a row were never steady: "up", "up, down"; empty where all were.
std::string unsteady_directions(const SweepRow& row);

// "after the overload 70 % were served normally again 0.75 s after ..."; empty where that was not
// looked for.
std::string recovery_sentence(const nlohmann::json& sweep);

// The run's command for a shell, quoted where needed.
std::string shell_command(const nlohmann::json& arguments);

}  // namespace elytractl::report
