#pragma once

#include "orchestrator/run/exit_code.hpp"

namespace elytractl::cli {

using run::ExitCode;

}  // namespace elytractl::cli
