#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "orchestrator/progress/view_state.hpp"

namespace elytractl::progress {

enum class Glyphs : std::uint8_t { ascii, unicode };

enum class Colour : std::uint8_t { none, ansi };

struct ViewStyle {
    std::size_t width = 80;  // columns
    Glyphs glyphs = Glyphs::ascii;
    Colour colour = Colour::none;
};

// The state in a few lines, none wider than the style allows. The escape sequences of colours take
// no column.
std::vector<std::string> live_view(const ViewState& state, const ViewStyle& style);

// One glyph for each value, the last ones if there are more than `width`; their heights are shares
// of the largest.
std::string spark_line(std::span<const double> values, std::size_t width, Glyphs glyphs);

// "[#####     ]", `width` columns with its brackets.
std::string progress_bar(double fraction, std::size_t width);

}  // namespace elytractl::progress
