#include "orchestrator/progress/terminal.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace elytractl::progress {
namespace {

constexpr std::size_t width_default = 80;
constexpr std::size_t width_min = 20;  // below it nothing can be read

std::string_view variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

std::size_t width_asked_for() {
    const std::string_view text = variable("COLUMNS");
    std::size_t width = 0;
    std::from_chars(text.data(), text.data() + text.size(), width);
    return width;
}

std::size_t width_of_terminal() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
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

ViewStyle style_of_terminal() {
    std::size_t width = width_asked_for();
    if (width == 0) width = width_of_terminal();
    if (width == 0) width = width_default;
    return {.width = width < width_min ? width_min : width,
            .glyphs = speaks_utf8() ? Glyphs::unicode : Glyphs::ascii,
            .colour = variable("NO_COLOR").empty() ? Colour::ansi : Colour::none};
}

}  // namespace elytractl::progress
