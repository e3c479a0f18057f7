#pragma once

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// Does what was chosen and keeps that in the log of commands, unless the verb only looks at things.
// A log that cannot be written costs a warning and nothing else. Requires: `app` has parsed.
ExitCode run_recorded(const CLI::App& app, const Action& chosen);

}  // namespace elytractl::cli
