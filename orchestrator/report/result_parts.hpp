#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/driver/environment.hpp"
#include "orchestrator/statistics/interval.hpp"
#include "orchestrator/statistics/paired.hpp"
#include "orchestrator/statistics/recovery.hpp"
#include "orchestrator/statistics/sweep.hpp"
#include "orchestrator/statistics/validity.hpp"
#include "server/common/time.hpp"

// What a result says besides its measurements. Each struct is one part of the JSON; the keys are
// described in README.md.
namespace elytractl::report {

enum class RunKind : std::uint8_t { bench, compare, sweep, null };
// "bench".
std::string_view kind_name(RunKind kind);

enum class RunState : std::uint8_t { running, complete, incomplete };

struct RunFacts {
    std::string id;  // "0042-brisk-otter"
    RunKind kind = RunKind::bench;
    std::string name;
    std::string folder;  // of the run; empty where nothing is kept
    RunState state = RunState::running;
    elytra::WallTime started;
    std::optional<elytra::WallTime> ended;
    std::vector<std::string> command;     // the arguments of elytractl, its own name first
    std::vector<std::string> rerun = {};  // the command that measures the same again
    std::string elytractl;                // version and commit
    std::uint64_t seed = 0;
    std::string config_sha256;     // of all that decides what is measured, with defaults
    std::optional<int> exit_code;  // absent until the run has ended
};

// A server that was measured.
struct Subject {
    std::string name;  // "a" or "b" of a comparison; otherwise empty
    std::string path;
    std::string version;  // the first line of its `version`
    std::string sha256;
    std::uint64_t size = 0;
    std::string release;  // its name in the store; empty where it is not from there
    std::vector<std::string> settings = {};  // of it alone in a comparison: "/load/clients=4"
};

// B against A, by metric.
struct Comparison {
    std::uint32_t pairs = 0;
    std::vector<std::vector<std::string>> blocks;  // the subjects' names in the order measured
    std::optional<double> noise_floor;             // of throughput, from A against itself
    std::map<std::string, statistics::Comparison> metrics;
};

struct Sweep {
    double ceiling = 0;  // of the closed loop, events a second
    std::vector<statistics::SweepStep> steps;
    std::optional<statistics::Knee> knee;
    statistics::Hysteresis hysteresis;
    std::optional<statistics::Recovery> recovery;  // none: it was not measured
};

// A bound that follows from earlier runs.
struct CheckedRegression {
    std::string against;              // "tag:main"
    std::string worse_than;           // "noise+2%"
    std::vector<std::string> runs;    // that it was held against
    std::optional<double> reference;  // the metric there
    std::optional<double> noise;      // part of the reference; absent where it was not asked for
    std::string undecided;            // why it could not be judged; empty where it could
};

// A bound of the run file and how it was kept.
struct CheckedThreshold {
    std::string metric;
    std::optional<double> minimum;
    std::optional<double> maximum;
    std::string on_fail;          // "fail", "invalid" or "regression"
    std::optional<double> value;  // absent where the metric was not measured
    bool passed = false;
    std::optional<std::uint32_t> measurement = 0;      // its index; none: all of a kind
    std::optional<double> at = {};                     // of a step of the automatic rate
    bool aborted = false;                              // the run was ended because of it
    std::optional<CheckedRegression> regression = {};  // where the bound follows from earlier runs

    bool undecided() const { return regression.has_value() && !regression->undecided.empty(); }
};

nlohmann::json to_json(const RunFacts& run);
nlohmann::json to_json(const Subject& subject);
nlohmann::json to_json(const statistics::Verdict& verdict);
// `method` tells how the interval was found: "BCa bootstrap over runs".
nlohmann::json to_json(const std::optional<statistics::Interval>& interval,
                       std::string_view method);
nlohmann::json to_json(const Comparison& comparison);
nlohmann::json to_json(const Sweep& sweep);
nlohmann::json to_json(const CheckedThreshold& threshold);

// The environment and how busy the machine was before the run.
nlohmann::json environment_json(const elytra::bench::Environment& environment,
                                const elytra::bench::SystemLoad& at_start);

// "2026-11-21T15:00:00Z"
std::string iso_time(elytra::WallTime time);

// The same JSON in which no text has bytes that are not UTF-8: members and files have names and
// last words that nobody has checked.
nlohmann::json with_valid_text(const nlohmann::json& json);

}  // namespace elytractl::report
