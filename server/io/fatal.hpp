#pragma once

#include <string_view>

#include "server/io/exit_code.hpp"

namespace elytra::io {

// For an environment that we cannot serve without: logs one error line, which should tell what to
// do, and ends the process at once. No destructor runs and nothing is flushed to disk: ending is
// safe at any instant, and after a failed write nothing else may be written. May be called on any
// thread.
[[noreturn]] void fatal(ExitCode exit_code, std::string_view text);

}  // namespace elytra::io
