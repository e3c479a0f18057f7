#pragma once

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/run/outcome.hpp"

// What a measurement says of the machine around it.
namespace elytractl::report {

// Pressure, steal and idle time, one row a sample.
nlohmann::json host_json(const run::MeasurementOutcome& outcome);

// Load and pressure before and after.
nlohmann::json system_json(const run::MeasurementOutcome& outcome);

// Who else used the processors before, during and after; each null where nobody looked.
nlohmann::json foreign_json(const run::MeasurementOutcome& outcome);

}  // namespace elytractl::report
