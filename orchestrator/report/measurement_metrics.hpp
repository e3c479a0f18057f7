#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/report/latency_json.hpp"
#include "orchestrator/run/outcome.hpp"

namespace elytractl::report {

// What an accepted event cost all members together during the measurement. Absent where the samples
// of a member do not cover it, or nothing was accepted.
struct EventCost {
    double cpu_microseconds = 0;
    double written_bytes = 0;
    double switches = 0;
};

std::optional<EventCost> event_cost(const run::MeasurementOutcome& outcome);

// The largest share of its time that a generator thread computed; 0 without threads.
double generator_busy(const elytra::bench::TrafficResult& traffic);

// Of the CPU time of all generator threads, what the audit took.
double audit_share(const elytra::bench::TrafficResult& traffic);

// Events a second of the measurement.
double rate_of(std::uint64_t events, const elytra::bench::TrafficResult& traffic);

// Numbers by flat names, which thresholds, the history and comparisons use (README.md). Without
// traffic: none. A quantile without ten samples above it is left out.
nlohmann::json measurement_metrics(const run::MeasurementOutcome& outcome,
                                   std::span<const NamedQuantile> quantiles);

}  // namespace elytractl::report
