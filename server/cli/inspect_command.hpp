#pragma once

#include "server/cli/inspect_options.hpp"

namespace elytra::cli {

// Shows what is in a data file, or verifies it. Reads only. Returns the exit status.
int run_inspect(const InspectOptions& options);

}  // namespace elytra::cli
