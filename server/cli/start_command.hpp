#pragma once

#include "server/cli/start_options.hpp"

namespace elytra::cli {

// Serves until the process is told to end. Returns the exit status.
int run_start(const StartOptions& options);

}  // namespace elytra::cli
