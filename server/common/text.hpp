#pragma once

#include <string>
#include <string_view>

#include "server/common/int.hpp"

namespace elytra {

// Decimal digits of a 128-bit number; neither the standard library nor fmt has them portably.
std::string to_decimal(u128 value);

// Lower-case hexadecimal without prefix or leading zeros; "0" for zero.
std::string to_hex(u128 value);

}  // namespace elytra
