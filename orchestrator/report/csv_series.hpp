#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// All time series in long form, one number a line: measurement, subject, repeat, source ("load",
// "host" or a member), seconds since the start of the traffic, phase (of the load), column, value.
std::string csv_series(const nlohmann::json& result);

}  // namespace elytractl::report
