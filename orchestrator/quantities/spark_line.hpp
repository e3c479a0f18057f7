#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace elytractl::quantities {

enum class Glyphs : std::uint8_t { ascii, unicode };

// What the lowest and the highest bar stand for.
struct SparkRange {
    double low = 0;
    double high = 0;
};

// One glyph for each value. Values beyond the range get its lowest or highest bar, and all the
// middle one where the range is empty.
std::string spark_line(std::span<const double> values, SparkRange range, Glyphs glyphs);

}  // namespace elytractl::quantities
