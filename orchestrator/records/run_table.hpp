#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/records/run_index.hpp"
#include "orchestrator/records/stored_run.hpp"

namespace elytractl::records {

// One object for each run, with the medians of the metrics given over its measurements.
nlohmann::json run_list_json(const std::vector<RunRow>& runs,
                             const std::vector<MetricRow>& metrics);

std::string run_list_text(const nlohmann::json& list);

// The record of one run: its head, tags, files, and for each group of measurements the medians with
// their intervals; then the verdict.
nlohmann::json run_page_json(const StoredRun& run, const std::vector<std::string>& files);

std::string run_page_text(const nlohmann::json& page);

// The metrics as comma-separated values, one line each, with a head.
std::string metrics_csv(const std::vector<MetricRow>& metrics);

nlohmann::json metrics_json(const std::vector<MetricRow>& metrics);

}  // namespace elytractl::records
