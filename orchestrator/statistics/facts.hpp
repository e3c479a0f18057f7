#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/driver/environment.hpp"
#include "bench/load/traffic_options.hpp"
#include "bench/load/traffic_result.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/spec/bench_spec.hpp"
#include "orchestrator/statistics/steady.hpp"
#include "orchestrator/statistics/validity.hpp"

namespace elytractl::statistics {

// What a measurement was asked to be, and on which machine. The references outlive the call.
struct FactsContext {
    const elytra::bench::TrafficOptions& traffic;
    const spec::MeasureSpec& measure;
    const elytra::bench::Environment& environment;
    std::optional<double> generator_ceiling;  // events a second, of `bench null`
};

MeasurementFacts facts_of(const run::MeasurementOutcome& outcome, const FactsContext& context);

// The intervals of the warm-up so far as the steady-state test reads them. Requires: in order.
std::vector<SteadyPoint> steady_points(
    const std::vector<elytra::bench::TrafficInterval>& intervals);

}  // namespace elytractl::statistics
