#pragma once

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// One object per series, that is per (cell, rate, subject) in the order of the first measurement,
// with every metric's values over the complete repeats, median, mean and interval. `measurements`
// is the array of measurement_json().
nlohmann::json summary_json(const nlohmann::json& measurements);

}  // namespace elytractl::report
