#pragma once

#include "server/cli/flags.hpp"

namespace elytra::cli {

// elytra start: serves one data file until told to end (server-cli spec, 3 and 4). Returns the exit status.
int start_command(Arguments arguments);

}  // namespace elytra::cli
