#include "orchestrator/cli/terminal_style.hpp"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "orchestrator/progress/terminal.hpp"

namespace elytractl::cli {
namespace {

constexpr std::size_t columns_default = 100;
constexpr std::size_t columns_min = 40;

// An empty NO_COLOR counts as none, as its convention says.
bool colour_wanted() {
    const char* const refused = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

}  // namespace

report::TextStyle stdout_style() {
    const std::size_t columns = progress::terminal_columns(STDOUT_FILENO).value_or(columns_default);
    return {.columns = std::max(columns, columns_min), .colour = colour_wanted()};
}

}  // namespace elytractl::cli
