#pragma once

#include <functional>
#include <optional>
#include <span>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/report/result_parts.hpp"

namespace elytractl::report {

// The interval of one metric over the repeats of a series; none where they are too few.
using IntervalOf = std::function<std::optional<Interval>(std::span<const double>)>;

// One object per series, that is per (cell, rate, subject) in the order of the first measurement,
// with every metric's values over the complete repeats, median, mean and interval. `measurements`
// is the array of measurement_json().
nlohmann::json summary_json(const nlohmann::json& measurements, const IntervalOf& interval_of);

}  // namespace elytractl::report
