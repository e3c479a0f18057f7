#pragma once

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/run/event.hpp"

namespace elytractl::progress {

// One object: "at_ms" on the clock of the run, "event" names what happened, the rest says more.
nlohmann::json to_json(const run::Event& event);

}  // namespace elytractl::progress
