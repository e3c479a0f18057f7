#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/report/summary_json.hpp"

namespace elytractl::report {

inline constexpr std::string_view result_schema = "elytractl-bench/2";

// All that a result is made of. While a run goes on its result is written again after every
// measurement, so every part may still be missing.
struct ResultParts {
    RunFacts run;
    nlohmann::json environment;  // environment_json()
    std::vector<Subject> subjects;
    nlohmann::json plan;
    nlohmann::json measurements = nlohmann::json::array();  // of measurement_json()
    std::optional<Comparison> comparison;
    std::optional<Sweep> sweep;
    std::vector<CheckedThreshold> thresholds;
    statistics::Verdict verdict;
};

// The result of a run as it is kept and from which everything printed is rendered. Keys: README.md;
// schema: configs/schema/bench-result.schema.json.
nlohmann::json result_json(const ResultParts& parts);

}  // namespace elytractl::report
