#include "orchestrator/progress/terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace elytractl::progress {
namespace {

using quantities::Glyphs;

constexpr std::size_t width_default = 80;
constexpr std::size_t width_min = 20;  // below it nothing can be read

std::string_view variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

std::optional<std::size_t> columns_asked_for() {
    const std::string_view text = variable("COLUMNS");
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error != std::errc() || end != text.data() + text.size() || columns == 0) return {};
    return columns;
}

// The first of these that is set counts, as setlocale() does it.
bool speaks_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view locale = variable(name);
        if (locale.empty()) continue;
        return locale.find("UTF-8") != std::string_view::npos ||
               locale.find("utf8") != std::string_view::npos;
    }
    return false;
}

}  // namespace

bool can_redraw() {
    return isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb" && variable("CI").empty();
}

std::optional<std::size_t> terminal_columns(int descriptor) {
    if (const std::optional<std::size_t> asked = columns_asked_for()) return asked;
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
    return size.ws_col;
}

ViewStyle style_of_terminal() {
    return {.width = std::max(terminal_columns(STDERR_FILENO).value_or(width_default), width_min),
            .glyphs = speaks_utf8() ? Glyphs::unicode : Glyphs::ascii,
            .colour = variable("NO_COLOR").empty() ? Colour::ansi : Colour::none};
}

}  // namespace elytractl::progress
