#pragma once

#include <functional>

#include "orchestrator/cli/exit_code.hpp"

namespace elytractl::cli {

// What the chosen verb does. The declaration of a verb sets it in the callback that CLI11 calls
// once all flags are parsed; main then calls it.
using Action = std::function<ExitCode()>;

}  // namespace elytractl::cli
