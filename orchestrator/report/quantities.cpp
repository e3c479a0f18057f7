#include "orchestrator/report/quantities.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace elytractl::report {
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

Scale scale_of_microseconds(double value) {
    if (value < 1e3) return {.divisor = 1, .name = "µs"};
    if (value < 1e6) return {.divisor = 1e3, .name = "ms"};
    return {.divisor = 1e6, .name = "s"};
}

Scale scale_of_bytes(double value) {
    constexpr double kibi = 1024;
    if (value < kibi) return {.divisor = 1, .name = "B"};
    if (value < kibi * kibi) return {.divisor = kibi, .name = "KiB"};
    if (value < kibi * kibi * kibi) return {.divisor = kibi * kibi, .name = "MiB"};
    if (value < kibi * kibi * kibi * kibi) return {.divisor = kibi * kibi * kibi, .name = "GiB"};
    return {.divisor = kibi * kibi * kibi * kibi, .name = "TiB"};
}

}  // namespace

Unit unit_of_metric(std::string_view metric) {
    if (metric == "throughput" || metric == "load.offered") return Unit::per_second;
    if (metric == "member.rss_max") return Unit::bytes;
    if (metric == "member.ready_ms") return Unit::milliseconds;
    if (metric == "cost.cpu_us_per_event") return Unit::microseconds;
    if (metric == "cost.written_bytes_per_event") return Unit::bytes_per_event;
    if (metric.ends_with("_fraction") || metric.starts_with("generator.")) return Unit::fraction;
    if (metric.ends_with(".max") || metric.find(".p") != std::string_view::npos) {
        return Unit::microseconds;
    }
    return Unit::number;
}

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
    if (size >= 100 || value == 0) return whole(value);
    if (size >= 10) return fmt::format("{:.1f}", value);
    if (size >= 1) return fmt::format("{:.2f}", value);
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

}  // namespace elytractl::report
