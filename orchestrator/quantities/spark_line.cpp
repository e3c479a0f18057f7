#include "orchestrator/quantities/spark_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace elytractl::quantities {
namespace {

using Bars = std::array<std::string_view, 8>;

constexpr Bars unicode_bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr Bars ascii_bars{"_", ".", ",", "-", "=", "+", "*", "#"};

}  // namespace

std::string spark_line(std::span<const double> values, SparkRange range, Glyphs glyphs) {
    const Bars& bars = glyphs == Glyphs::unicode ? unicode_bars : ascii_bars;
    const double length = range.high - range.low;
    std::string line;
    for (const double value : values) {
        const double place = length > 0 ? std::clamp((value - range.low) / length, 0.0, 1.0) : 0.5;
        line += bars[static_cast<std::size_t>(
            std::lround(place * static_cast<double>(bars.size() - 1)))];
    }
    return line;
}

}  // namespace elytractl::quantities
