#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/records/run_index.hpp"

namespace elytractl::records {

// A metric over all runs of the same kind, name, subject, cell and rate: the median of each run,
// and where its level changed for good.
nlohmann::json history_json(std::string_view metric, const std::vector<MetricRow>& rows);

std::string history_text(const nlohmann::json& history);

// One of eight bars for each value, from the lowest to the highest of them.
std::string spark_line(std::span<const double> values);

}  // namespace elytractl::records
