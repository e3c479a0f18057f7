#pragma once

#include "server/cli/format_options.hpp"

namespace elytra::cli {

// Creates the data file, or says why it cannot and leaves nothing behind. Returns the exit status.
int run_format(const FormatOptions& options);

}  // namespace elytra::cli
