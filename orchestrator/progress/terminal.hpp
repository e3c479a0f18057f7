#pragma once

#include "orchestrator/progress/live_view.hpp"

namespace elytractl::progress {

// Whether standard error is a terminal on which lines can be drawn again.
bool can_redraw();

// How wide it is now (COLUMNS, then what the terminal says), and what it shows: no colour with
// NO_COLOR, no blocks without a UTF-8 locale.
ViewStyle style_of_terminal();

}  // namespace elytractl::progress
