#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/traffic_options.hpp"
#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/json.hpp"

namespace elytractl::spec {

// A flag that is handed to `start` of every member: {"cache-grid", "256MiB"}; a flag without a
// value has an empty text.
struct StartFlag {
    std::string name;
    std::string text;

    bool operator==(const StartFlag&) const = default;
};

enum class Lifetime : std::uint8_t {
    ephemeral,  // data files are removed at the end
    keep,
};

struct ClusterSpec {
    std::uint32_t replicas = 1;
    // A path, release:NAME of the store, or a name without a slash: the program beside this one.
    std::string binary = "elytra";
    Lifetime lifetime = Lifetime::ephemeral;
    std::string directory = ".";  // where the folder of the data files is made
    std::vector<StartFlag> start_flags;
    std::uint64_t ready_timeout_nanoseconds = 30'000'000'000;
    std::uint64_t stop_timeout_nanoseconds = 30'000'000'000;
};

struct WarmupSpec {
    bool until_steady = true;                        // false: `minimum` and no longer
    double slope = 0.005;                            // of the mean, over the window
    double deviation = 0.05;                         // of the mean
    std::uint64_t ramp_nanoseconds = 1'000'000'000;  // open loop: rise to the first rate
    std::uint64_t window_nanoseconds = 3'000'000'000;
    std::uint64_t minimum_nanoseconds = 2'000'000'000;
    std::uint64_t maximum_nanoseconds = 20'000'000'000;
};

struct MeasureSpec {
    WarmupSpec warmup;
    std::uint64_t duration_nanoseconds = 10'000'000'000;
    std::uint32_t cover_checkpoints = 0;  // that the measurement must contain, where they are known
    std::uint32_t repeat = 1;
    bool observe = true;  // false: samples and events only where the load begins and ends
    std::vector<double> percentiles{50, 90, 99, 99.9, 99.99};
};

enum class ThresholdFailure : std::uint8_t {
    fail,     // exit status 8
    invalid,  // exit status 7
};

// How a metric may compare with what was recorded before.
struct Regression {
    std::string against;     // "tag:main", "run:42", "last"
    std::string worse_than;  // as written
    bool noise = false;      // the noise of both sides is allowed before `allowance`
    double allowance = 0;    // part of the reference
};

// A bound on a metric of every measurement; names of metrics: orchestrator/report/README.md. With a
// regression the bound follows from earlier runs.
struct Threshold {
    std::string metric;
    std::optional<double> minimum;  // in the unit of the metric
    std::optional<double> maximum;
    ThresholdFailure on_fail = ThresholdFailure::fail;
    bool abort = false;                       // a measurement that breaks it is the last one
    std::optional<double> at = std::nullopt;  // only of measurements with this rate_fraction
    std::optional<Regression> regression = std::nullopt;
};

// Whether two parts of a maximum are the same one, however they were written.
constexpr bool same_fraction(double left, double right) {
    constexpr double tolerance = 1e-9;
    return left - right < tolerance && right - left < tolerance;
}

struct ReportSpec {
    std::string directory = "runs";
    std::vector<std::string> formats{"text", "json", "hdr", "html"};
    bool bundle_on_failure = true;
};

// One configuration that is measured `repeat` times, each with fresh processes and data files.
struct Cell {
    std::map<std::string, std::string> values;  // of the matrix: pointer into the file → JSON text
    ClusterSpec cluster;
    elytra::bench::TrafficOptions traffic;
    std::string driver_command;  // of a shell; empty: the sessions are the generator's own
    // Open loop, rate "auto": these fractions of the closed-loop maximum, one measurement each.
    std::vector<double> rate_fractions;
    MeasureSpec measure;
};

// As in a run file.
inline std::string driver_text(const Cell& cell) {
    return cell.driver_command.empty() ? std::string(driver_builtin)
                                       : std::string(driver_exec) + cell.driver_command;
}

// A run file of kind "bench" after all layers, checked, with defaults filled in.
struct BenchSpec {
    std::string name;
    std::vector<Cell> cells;  // one without a matrix
    std::vector<Threshold> thresholds;
    ReportSpec report;
    Json document = {};  // all layers in one, without defaults
    // All that decides what is measured, with defaults, as JSON whose keys are sorted: the same for
    // two runs that were asked for the same. Without name and report.
    std::string identity{};
};

}  // namespace elytractl::spec
