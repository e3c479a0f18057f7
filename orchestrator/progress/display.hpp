#pragma once

#include <cstddef>
#include <cstdint>

#include "orchestrator/progress/plain_lines.hpp"
#include "orchestrator/progress/view_state.hpp"
#include "orchestrator/run/event.hpp"

namespace elytractl::progress {

enum class DisplayMode : std::uint8_t {
    live,   // a few lines that are drawn over themselves
    lines,  // appended
    quiet,
};

enum class Verbosity : std::uint8_t { normal, quiet };

// By what standard error is.
DisplayMode display_mode(Verbosity verbosity);

// Shows a run on standard error. The destructor clears what was drawn over itself.
class Display {
public:
    explicit Display(DisplayMode mode) : mode_(mode) {}

    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;

    ~Display() { clear(); }

    void on_event(const run::Event& event);

    // Removes the live view until the next event, for those who print something themselves.
    void clear();

private:
    void draw();

    DisplayMode mode_;
    ViewState state_;
    PlainLines plain_;
    std::size_t lines_drawn_ = 0;
    std::uint64_t drawn_at_ = 0;
};

}  // namespace elytractl::progress
