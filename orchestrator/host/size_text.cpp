#include "orchestrator/host/size_text.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace elytractl::host {

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 7> units = {"B",   "KiB", "MiB", "GiB",
                                                       "TiB", "PiB", "EiB"};
    constexpr double step = 1024;
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= step && unit + 1 < units.size()) {
        value /= step;
        ++unit;
    }
    const bool whole = unit == 0 || value >= 99.95;
    return whole ? fmt::format("{:.0f} {}", value, units[unit])
                 : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace elytractl::host
