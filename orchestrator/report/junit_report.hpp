#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// JUnit XML: one test case for each measurement and for each bound of each measurement.
//   failure  a bound was not kept, or the audit found wrong answers
//   error    a measurement did not come to its end, or its verdict is INVALID: nothing was tested
//   skipped  its verdict is INCONCLUSIVE, or the metric of a bound was not measured
std::string junit_report(const nlohmann::json& result);

}  // namespace elytractl::report
