#include "orchestrator/cli/terminal_style.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <sys/ioctl.h>
#include <unistd.h>

namespace elytractl::cli {
namespace {

constexpr std::size_t columns_default = 100;
constexpr std::size_t columns_min = 40;

std::optional<std::size_t> number_in(const char* text) {
    if (text == nullptr) return std::nullopt;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
    if (error != std::errc() || *end != '\0') return std::nullopt;
    return number;
}

std::size_t terminal_columns() {
    if (const std::optional<std::size_t> asked = number_in(std::getenv("COLUMNS"))) {
        return std::max(*asked, columns_min);
    }
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return columns_default;
    return std::max<std::size_t>(size.ws_col, columns_min);
}

// An empty NO_COLOR counts as none, as its convention says.
bool colour_wanted() {
    const char* const refused = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

}  // namespace

report::TextStyle stdout_style() {
    return {.columns = terminal_columns(), .colour = colour_wanted()};
}

}  // namespace elytractl::cli
