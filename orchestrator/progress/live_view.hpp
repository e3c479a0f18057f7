#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/progress/view_state.hpp"
#include "orchestrator/quantities/spark_line.hpp"

namespace elytractl::progress {

enum class Colour : std::uint8_t { none, ansi };

struct ViewStyle {
    std::size_t width = 80;  // columns
    quantities::Glyphs glyphs = quantities::Glyphs::ascii;
    Colour colour = Colour::none;
};

// The state in a few lines, none wider than the style allows. The escape sequences of colours take
// no column.
std::vector<std::string> live_view(const ViewState& state, const ViewStyle& style);

// "[#####     ]", `width` columns with its brackets.
std::string progress_bar(double fraction, std::size_t width);

}  // namespace elytractl::progress
