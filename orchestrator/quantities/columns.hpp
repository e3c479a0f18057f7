#pragma once

#include <cstddef>
#include <string_view>

namespace elytractl::quantities {

// Bytes that continue a character of UTF-8 take no column.
constexpr bool begins_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

// Columns that a text takes on a terminal: its code points.
std::size_t columns_of(std::string_view text);

}  // namespace elytractl::quantities
