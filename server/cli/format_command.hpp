#pragma once

#include "server/cli/flags.hpp"

namespace elytra::cli {

// elytra format: creates the data file of one replica (server-cli spec, 2.1). Returns the exit status.
int format_command(Arguments arguments);

}  // namespace elytra::cli
