#include "orchestrator/progress/quantities.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "server/common/time.hpp"

namespace elytractl::progress {
namespace {

// Three significant digits of a number below 1000.
std::string three_digits(double number) {
    if (number < 9.995) return fmt::format("{:.2f}", number);
    if (number < 99.95) return fmt::format("{:.1f}", number);
    return fmt::format("{:.0f}", number);
}

template <std::size_t Count>
std::string scaled(double number, double step, const std::array<std::string_view, Count>& units) {
    std::size_t unit = 0;
    while (number >= step * 0.9995 && unit + 1 < units.size()) {
        number /= step;
        ++unit;
    }
    const std::string digits = unit == 0 ? fmt::format("{:.0f}", number) : three_digits(number);
    return units[unit].empty() ? digits : fmt::format("{} {}", digits, units[unit]);
}

}  // namespace

std::string duration_text(std::uint64_t microseconds) {
    static constexpr std::array<std::string_view, 3> units{"us", "ms", "s"};
    return scaled(static_cast<double>(microseconds), 1000, units);
}

std::string count_text(double count) {
    static constexpr std::array<std::string_view, 4> units{"", "k", "M", "G"};
    return scaled(count, 1000, units);
}

std::string size_text(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    return scaled(static_cast<double>(bytes), 1024, units);
}

double rate_of(const elytra::bench::TrafficCounts& counts, std::uint64_t nanoseconds) {
    if (nanoseconds == 0) return 0;
    return static_cast<double>(counts.accepted) *
           static_cast<double>(elytra::nanoseconds_per_second) / static_cast<double>(nanoseconds);
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
    const double share =
        whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
    return fmt::format("{:.2f} %", share);
}

}  // namespace elytractl::progress
