#include "server/io/fatal.hpp"

#include <cstdlib>

#include "server/io/logging.hpp"

namespace elytra::io {

void fatal(ExitCode exit_code, std::string_view text) {
    Log(LogLevel::error).error("{}", text);
    std::_Exit(static_cast<int>(exit_code));
}

}  // namespace elytra::io
