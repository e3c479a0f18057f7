#pragma once

#include <vector>

#include "orchestrator/plan/plan.hpp"

namespace elytractl::plan {

// What a measurement of a cell consists of, in its order. The guesses are of a fast machine. A
// probe, or a step of a sweep, may have another model than its cell. Only the first step of a
// cluster creates it and rises to its rate, and only the last one drains it and takes it down.
std::vector<Step> steps_of(const spec::Cell& cell, elytra::bench::ArrivalModel model, Place place);

}  // namespace elytractl::plan
