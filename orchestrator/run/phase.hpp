#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace elytractl::run {

// Where a measurement stands.
enum class Phase : std::uint8_t {
    idle,
    formatting,
    starting,  // until a request is served
    setup,     // sessions and accounts
    warm_up,
    measurement,
    drain,     // no further arrivals
    stopping,  // members end by themselves
    killing,
    ended,
};

// In the order of the enumerators.
inline constexpr std::array<std::string_view, 10> phase_names{
    "idle",        "formatting", "starting", "setup",   "warm-up",
    "measurement", "drain",      "stopping", "killing", "ended"};

inline constexpr std::string_view to_text(Phase phase) {
    return phase_names[static_cast<std::size_t>(phase)];
}

}  // namespace elytractl::run
