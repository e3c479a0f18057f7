#pragma once

#include <compare>
#include <cstdint>

namespace elytra {

inline constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;
inline constexpr std::uint64_t nanoseconds_per_millisecond = 1'000'000;
inline constexpr std::uint64_t nanoseconds_per_microsecond = 1'000;

// A reading of a monotonic clock. Only differences mean anything.
struct Instant {
    std::uint64_t nanoseconds = 0;

    constexpr auto operator<=>(const Instant&) const = default;
};

// A reading of the wall clock: nanoseconds since the Unix epoch. May jump in either direction.
struct WallTime {
    std::uint64_t nanoseconds = 0;

    constexpr auto operator<=>(const WallTime&) const = default;
};

}  // namespace elytra
