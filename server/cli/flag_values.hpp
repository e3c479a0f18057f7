#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "server/common/int.hpp"
#include "server/common/result.hpp"

namespace elytra::cli {

// The value types of the command-line grammar. Each function takes the text behind the '=' of a
// flag and returns the value or the reason why it is refused, worded to follow "--flag (text): ".

struct IntegerRange {
    u128 min = 0;
    u128 max = u128_max;
    u128 multiple = 1;
};

struct SizeRange {
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t multiple = 1;
};

// A probability as a fraction: 0 <= numerator <= denominator, denominator > 0.
struct Ratio {
    std::uint64_t numerator = 0;
    std::uint64_t denominator = 1;

    constexpr bool operator==(const Ratio&) const = default;
};

// Decimal digits, '_' allowed between two of them; no sign, no leading zero.
Result<u128, std::string> parse_integer(std::string_view text, IntegerRange range);

// An integer with an optional unit: KiB, MiB, GiB, TiB or bytes, in any letter case.
Result<std::uint64_t, std::string> parse_size(std::string_view text, SizeRange range);

// Components with units from days to nanoseconds, such as "1h30m" or "500ms"; below 1000 days.
Result<std::chrono::nanoseconds, std::string> parse_duration(std::string_view text);

// "numerator/denominator" or just "0".
Result<Ratio, std::string> parse_ratio(std::string_view text);

// "true" or "false".
Result<bool, std::string> parse_switch(std::string_view text);

// The index of `text` among `names`.
Result<std::size_t, std::string> parse_choice(std::string_view text,
                                              std::span<const std::string_view> names);

// The size in the largest unit that divides it: "512KiB", "16TiB", "100 bytes".
std::string format_size(std::uint64_t size);

}  // namespace elytra::cli
