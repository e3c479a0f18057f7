#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/run/outcome.hpp"

namespace elytractl::report {

// One measurement with its latencies, series, members and flat metrics. `percentiles` are those of
// the run file.
nlohmann::json measurement_json(const run::MeasurementOutcome& outcome,
                                const statistics::Verdict& verdict,
                                std::span<const double> percentiles);

// The histograms of a measurement as an HdrHistogram log: every interval of the time series under
// the tag `batch.interval`, then the whole measurement under `event`, `batch`, `fill`, `queue`,
// `service`, `query` and `lag`, and the warm-up under the same with `warm_up.` before it. Empty
// where no traffic ran.
std::string measurement_histogram_log(const run::MeasurementOutcome& outcome);

}  // namespace elytractl::report
