#include "orchestrator/progress/display.hpp"

#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "orchestrator/progress/live_view.hpp"
#include "orchestrator/progress/terminal.hpp"
#include "server/common/time.hpp"

namespace elytractl::progress {
namespace {

constexpr std::uint64_t redraw_nanoseconds = 100 * elytra::nanoseconds_per_millisecond;

// A terminal that is gone does not end the run.
void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

DisplayMode display_mode(Verbosity verbosity) {
    if (verbosity == Verbosity::quiet) return DisplayMode::quiet;
    return can_redraw() ? DisplayMode::live : DisplayMode::lines;
}

void Display::on_event(const run::Event& event) {
    if (mode_ == DisplayMode::quiet) return;
    state_.apply(event);
    if (mode_ == DisplayMode::lines) {
        for (const std::string& line : plain_.lines(event, state_)) print(line + "\n");
        return;
    }
    const std::string lasting = lasting_line(event);
    if (!lasting.empty()) {
        clear();
        print(lasting + "\n");
    }
    const bool due = event.at_nanoseconds - drawn_at_ >= redraw_nanoseconds;
    if (!lasting.empty() || due || std::holds_alternative<run::PhaseEntered>(event.what)) draw();
}

void Display::draw() {
    drawn_at_ = state_.at_nanoseconds;
    if (!state_.measurement.has_value()) return clear();
    std::string text = lines_drawn_ == 0 ? "" : fmt::format("\x1b[{}A\r\x1b[J", lines_drawn_);
    const std::vector<std::string> lines = live_view(state_, style_of_terminal());
    for (const std::string& line : lines) text += line + "\n";
    lines_drawn_ = lines.size();
    print(text);
}

void Display::clear() {
    if (lines_drawn_ == 0) return;
    print(fmt::format("\x1b[{}A\r\x1b[J", lines_drawn_));
    lines_drawn_ = 0;
}

}  // namespace elytractl::progress
