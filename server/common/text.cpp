#include "server/common/text.hpp"

#include <algorithm>

namespace elytra {
namespace {

std::string to_digits(u128 value, unsigned base) {
    std::string digits;
    do {
        digits.push_back("0123456789abcdef"[static_cast<unsigned>(value % base)]);
        value /= base;
    } while (value != 0);
    std::reverse(digits.begin(), digits.end());
    return digits;
}

}  // namespace

std::string to_decimal(u128 value) { return to_digits(value, 10); }

std::string to_hex(u128 value) { return to_digits(value, 16); }

}  // namespace elytra
