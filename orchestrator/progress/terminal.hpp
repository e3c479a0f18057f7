#pragma once

#include <cstddef>
#include <optional>

#include "orchestrator/progress/live_view.hpp"

namespace elytractl::progress {

// Whether standard error is a terminal on which lines can be drawn again.
bool can_redraw();

// The columns of the terminal behind a descriptor: COLUMNS, then what the terminal says; none where
// there is neither.
std::optional<std::size_t> terminal_columns(int descriptor);

// How wide standard error is now, and what it shows: no colour with
// NO_COLOR, no blocks without a UTF-8 locale.
ViewStyle style_of_terminal();

}  // namespace elytractl::progress
