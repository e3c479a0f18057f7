#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/traffic_options.hpp"
#include "bench/load/traffic_result.hpp"
#include "orchestrator/run/event.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/runner.hpp"
#include "orchestrator/spec/bench_spec.hpp"
#include "server/io/address.hpp"

namespace elytractl::process {

// What `format` of an elytra takes, rounded up, with room for the first extents of a load.
inline constexpr std::uint64_t data_file_bytes_default = 1'200'000'000;

// One measurement of the plan, complete: nothing is left to be decided.
struct MeasurementPlan {
    std::uint32_t index = 0;  // in the plan, from 0
    std::uint32_t total = 1;  // of the plan
    std::string name;         // of the run: the folder of the data files gets it
    std::string subject;
    std::map<std::string, std::string> cell;
    std::optional<double> rate;
    std::uint32_t repeat = 0;
    std::string executable;  // a path; cluster.binary as it was resolved
    std::string subcommand;  // before `format` and `start`; empty for a server
    bool elytra = false;  // its `version` begins with "Elytra": it logs checkpoints when asked to
    // Bytes that the environment of the members is longer by: where their stacks begin can make
    // them faster or slower, and must not be the same in every repeat.
    std::uint32_t environment_padding = 0;
    spec::ClusterSpec cluster;
    elytra::bench::TrafficOptions traffic;
    std::string driver_command;  // of a shell; empty: the sessions are our own
    spec::MeasureSpec measure;
    std::uint64_t ramp_nanoseconds = 0;  // open loop: rise to the first rate
    // Of all members; empty for one member, which chooses a port. Leased by whoever plans.
    std::vector<elytra::io::Address> addresses;
    std::uint64_t format_timeout_nanoseconds = 120'000'000'000;
    std::uint64_t data_file_bytes = data_file_bytes_default;  // of each member, at least
    // How much longer than its duration the measurement may last to cover its checkpoints.
    std::uint64_t extension_max_nanoseconds = 120'000'000'000;
};

// "<directory>/<name>"
std::string data_folder(const MeasurementPlan& plan);

// All flags of `start` but the addresses.
std::vector<std::string> start_flags(const MeasurementPlan& plan);

run::RunnerOptions runner_options(const MeasurementPlan& plan);

// Another rate for the cluster of a measurement, which it is asked to serve without a pause after
// the one before, and which is recorded as a measurement of its own.
struct StepPlan {
    std::uint32_t index = 0;  // in the plan
    std::optional<double> rate;
    elytra::bench::ArrivalOptions arrival;
};

// Empty functions: a measurement of one step.
struct StepSequence {
    // What follows, judged by what was counted in the measurement of the present step until a
    // moment before its end. None: the measurement is over.
    std::function<std::optional<StepPlan>(const elytra::bench::TrafficCounts&)> next;
    // A step has ended and the next one has begun. The outcome is complete but for what only the
    // end of the members can tell.
    std::function<void(const run::MeasurementOutcome&)> on_step;
};

// What those who watch are told before it begins.
run::MeasurementAnnounced announcement(const MeasurementPlan& plan);

}  // namespace elytractl::process
