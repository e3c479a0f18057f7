#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/records/stored_run.hpp"

namespace elytractl::records {

// Whether there is something to explain: the run did not end, ended with another status than 0, or
// gave no numbers that may be used.
bool needs_explanation(const nlohmann::json& result);

// Why a run is what it is, in at most ten lines: how it ended, the reasons of its verdict, bounds
// that were not kept, wrong answers, how members ended and what their logs said last, and what to
// do next. {"run": id, "lines": [...]}
nlohmann::json explanation_json(const StoredRun& run);

std::string explanation_text(const nlohmann::json& explanation);

}  // namespace elytractl::records
