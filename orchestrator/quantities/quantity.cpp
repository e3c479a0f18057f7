#include "orchestrator/quantities/quantity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace elytractl::quantities {
namespace {

// Blanks between groups of three digits before the point.
std::string grouped(std::string digits) {
    const std::size_t begin = digits.starts_with('-') ? 1 : 0;
    std::size_t at = std::min(digits.find('.'), digits.size());
    while (at > begin + 3) {
        at -= 3;
        digits.insert(at, 1, ' ');
    }
    return digits;
}

// The largest unit of which there is one, also after rounding to three digits.
Scale scale_in_steps(double value, double step, std::span<const std::string_view> names) {
    constexpr double rounds_up = 0.9995;
    Scale scale{.divisor = 1, .name = names.front()};
    for (const std::string_view name : names.subspan(1)) {
        if (value < scale.divisor * step * rounds_up) break;
        scale = {.divisor = scale.divisor * step, .name = name};
    }
    return scale;
}

Scale scale_of_microseconds(double value) {
    static constexpr std::array<std::string_view, 3> names{"µs", "ms", "s"};
    return scale_in_steps(value, 1000, names);
}

Scale scale_of_bytes(double value) {
    static constexpr std::array<std::string_view, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
    return scale_in_steps(value, 1024, names);
}

}  // namespace

Scale scale_of(Unit unit, double value) {
    switch (unit) {
        case Unit::per_second:
            return {.divisor = 1, .name = "/s"};
        case Unit::microseconds:
            return scale_of_microseconds(value);
        case Unit::milliseconds:
            return scale_of_microseconds(value * 1e3).divisor >= 1e6
                       ? Scale{.divisor = 1e3, .name = "s"}
                       : Scale{.divisor = 1, .name = "ms"};
        case Unit::bytes:
            return scale_of_bytes(value);
        case Unit::bytes_per_event:
            return {.divisor = 1, .name = "B"};
        case Unit::fraction:
            return {.divisor = 0.01, .name = "%"};
        case Unit::number:
            return {.divisor = 1, .name = ""};
    }
    return {};
}

std::string digits(double value) {
    const double size = std::abs(value);
    if (size >= 99.95 || value == 0) return whole(value);
    if (size >= 9.995) return fmt::format("{:.1f}", value);
    if (size >= 0.9995) return fmt::format("{:.2f}", value);
    if (size < 1e-4) return fmt::format("{:.1e}", value);
    return fmt::format("{:.3g}", value);
}

std::string digits(double value, const Scale& scale) { return digits(value / scale.divisor); }

std::string quantity(Unit unit, std::optional<double> value) {
    if (!value.has_value()) return "-";
    const Scale scale = scale_of(unit, std::abs(*value));
    if (scale.name.empty()) return digits(*value, scale);
    if (unit == Unit::per_second) return digits(*value) + "/s";
    return fmt::format("{} {}", digits(*value, scale), scale.name);
}

std::string bytes_text(std::uint64_t bytes) {
    return quantity(Unit::bytes, static_cast<double>(bytes));
}

std::string whole(double value) { return grouped(fmt::format("{:.0f}", value)); }

std::string change_percent(double ratio) { return change_digits(ratio) + " %"; }

std::string change_digits(double ratio) { return fmt::format("{:+.1f}", (ratio - 1) * 100); }

std::string duration_text(double nanoseconds) {
    const double seconds = nanoseconds / 1e9;
    if (seconds < 1) return quantity(Unit::microseconds, nanoseconds / 1e3);
    if (seconds < 120) return fmt::format("{:.3g} s", seconds);
    const double minutes = std::floor(seconds / 60);
    const double rest = std::round(seconds - minutes * 60);
    if (rest == 0) return fmt::format("{:.0f} m", minutes);
    return fmt::format("{:.0f} m {:.0f} s", minutes, rest);
}

}  // namespace elytractl::quantities
