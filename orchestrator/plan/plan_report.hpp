#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "orchestrator/plan/plan.hpp"

namespace elytractl::plan {

// The whole plan: subjects with their cells, measurements with their steps. Durations in
// nanoseconds.
nlohmann::ordered_json plan_json(const Plan& plan);

// The same for people: what is measured, in which order, which steps, how long it takes.
std::string plan_text(const Plan& plan);

// What a cell's load is, in a line: "4 clients, batches up to 8189, poisson 92k/s".
std::string load_text(const spec::Cell& cell);

// "17m 5s", "2h 3m": for estimates, in two units at most.
std::string estimate_text(std::uint64_t nanoseconds);

}  // namespace elytractl::plan
