#pragma once

#include <string>

#include "tests/support/engine_model.hpp"
#include "tests/support/engine_world.hpp"

namespace elytra::test {

// Reads all that the catalog refers to straight from the disk. Tells the first difference to the
// model, which is as it was at the catalog's cut; empty if there is none.
std::string compare_catalog(const EngineWorld& world, const EngineModel& model);

// The same for what is in memory: accounts, statuses, queue of expiries.
std::string compare_memory(const EngineWorld& world, const EngineModel& model);

}  // namespace elytra::test
