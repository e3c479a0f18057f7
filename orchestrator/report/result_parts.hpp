#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/driver/environment.hpp"
#include "server/common/time.hpp"

// What a result says besides its measurements. Each struct is one part of the JSON; the keys are
// described in README.md.
namespace elytractl::report {

enum class RunKind : std::uint8_t { bench, compare, sweep, null };
enum class RunState : std::uint8_t { running, complete, incomplete };

struct RunFacts {
    std::string id;  // "0042-brisk-otter"
    RunKind kind = RunKind::bench;
    std::string name;
    std::string folder;  // of the run; empty where nothing is kept
    RunState state = RunState::running;
    elytra::WallTime started;
    std::optional<elytra::WallTime> ended;
    std::vector<std::string> command;  // the arguments of elytractl, its own name first
    std::string elytractl;             // version and commit
    std::uint64_t seed = 0;
    int exit_code = 0;
};

// A server that was measured.
struct Subject {
    std::string name;  // "a" or "b" of a comparison; otherwise empty
    std::string path;
    std::string version;  // the first line of its `version`
    std::string sha256;
    std::uint64_t size = 0;
    std::string release;  // its name in the store; empty where it is not from there
};

enum class Severity : std::uint8_t { care, invalid, inconclusive };

struct Reason {
    std::string code;  // "generator_saturated"
    Severity severity = Severity::care;
    std::string text;  // a sentence with the numbers
};

enum class VerdictWord : std::uint8_t { usable, usable_with_care, invalid, inconclusive };

struct Verdict {
    VerdictWord word = VerdictWord::usable;
    std::vector<Reason> reasons;
};

struct Interval {
    double low = 0;
    double high = 0;
    double confidence = 0.95;
    std::string method;  // "BCa bootstrap over runs"
};

// How a metric of subject b compares with that of subject a.
struct Effect {
    double ratio = 1;  // b over a
    double low = 1;
    double high = 1;
    double p_value = 1;
    std::string verdict;  // "faster", "slower", "undecided", "no difference larger than 2 %"
    std::string sentence;
    std::optional<std::uint32_t> pairs_needed;  // where undecided
};

struct Comparison {
    std::uint32_t pairs = 0;
    std::vector<std::vector<std::string>> blocks;  // the subjects' names in the order measured
    std::optional<double> noise_floor;  // of the A/A run: largest relative difference by chance
    std::map<std::string, Effect> metrics;
};

enum class SweepDirection : std::uint8_t { up, down };

struct SweepStep {
    SweepDirection direction = SweepDirection::up;
    double fraction = 0;  // of the ceiling
    double offered = 0;   // events a second
    double accepted = 0;
    std::optional<double> p50_microseconds;
    std::optional<double> p99_microseconds;
    bool steady = false;
};

struct Knee {
    double rate = 0;  // events a second
    std::string slo;  // "p99 <= 40 ms"
};

// Universal Scalability Law: throughput of n clients is lambda n / (1 + sigma (n - 1) + kappa n (n
// - 1)).
struct ScalabilityLaw {
    double lambda = 0;
    double sigma = 0;
    double kappa = 0;
};

struct Sweep {
    double ceiling = 0;  // of the closed loop, events a second
    std::vector<SweepStep> steps;
    std::optional<Knee> knee;
    std::optional<double> recovery_milliseconds;  // from overload back to normal
    std::optional<ScalabilityLaw> law;
};

// A bound of the run file and how it was kept.
struct CheckedThreshold {
    std::string metric;
    std::optional<double> minimum;
    std::optional<double> maximum;
    std::string on_fail;          // "fail" or "invalid"
    std::optional<double> value;  // absent where the metric was not measured
    bool passed = false;
    std::uint32_t measurement = 0;  // its index
};

nlohmann::json to_json(const RunFacts& run);
nlohmann::json to_json(const Subject& subject);
nlohmann::json to_json(const Verdict& verdict);
nlohmann::json to_json(const std::optional<Interval>& interval);
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
