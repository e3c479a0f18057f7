#pragma once

#include <span>
#include <vector>

#include "orchestrator/campaign/measured.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/spec/bench_spec.hpp"

namespace elytractl::campaign {

// Every bound held against every measurement that is complete; probes and the measurements of noise
// are bound by nothing, and regressions are judged elsewhere (regression.hpp). A metric that was
// not measured has not kept its bound.
std::vector<report::CheckedThreshold> check_thresholds(std::span<const spec::Threshold> thresholds,
                                                       std::span<const Measured> measured);

// Whether the measurement breaks a bound that says "abort".
bool ends_run(std::span<const spec::Threshold> thresholds, const Measured& measured);

}  // namespace elytractl::campaign
