#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Numbers as people read them: three digits that count, a unit that keeps them short, thousands
// apart.
namespace elytractl::quantities {

enum class Unit : std::uint8_t {
    per_second,
    microseconds,
    milliseconds,
    bytes,
    bytes_per_event,  // may be less than one
    fraction,         // 0.5 is shown as 50 %
    number,
};

// A multiple of a unit, chosen for one value and used for those shown beside it.
struct Scale {
    double divisor = 1;
    std::string_view name;  // "ms"; empty for a bare number
};

Scale scale_of(Unit unit, double value);

// No unit; three digits that count, or all before the point: "31.4", "91 996".
std::string digits(double value);

std::string digits(double value, const Scale& scale);

// "31.4 ms"; an absent value is "-".
std::string quantity(Unit unit, std::optional<double> value);

// "3.03 GiB".
std::string bytes_text(std::uint64_t bytes);

// All digits, thousands apart: "91 996".
std::string whole(double value);

// A ratio as a change: 1.039 is "+3.9 %".
std::string change_percent(double ratio);

// The same without unit, for the ends of an interval.
std::string change_digits(double ratio);

// "30 s", "2 m 30 s", "250 ms".
std::string duration_text(double nanoseconds);

}  // namespace elytractl::quantities
