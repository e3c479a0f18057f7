#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "server/common/assert.hpp"

namespace elytra {

__extension__ typedef unsigned __int128 u128;

inline constexpr u128 u128_max = ~static_cast<u128>(0);

constexpr u128 make_u128(std::uint64_t high, std::uint64_t low) {
    return (static_cast<u128>(high) << 64) | low;
}

constexpr std::uint64_t low_half(u128 value) { return static_cast<std::uint64_t>(value); }

constexpr std::uint64_t high_half(u128 value) { return static_cast<std::uint64_t>(value >> 64); }

// Converts between integer types; aborts where the value does not survive. For values that our own
// code guarantees to fit, never for input from outside.
template <class To, class From>
constexpr To narrow(From value) {
    const To converted = static_cast<To>(value);
    ELYTRA_ASSERT(static_cast<From>(converted) == value);
    ELYTRA_ASSERT((converted < To{}) == (value < From{}));
    return converted;
}

// The smallest multiple of `alignment` that is at least `value`. Requires: alignment > 0.
template <class T>
constexpr T round_up(T value, T alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

template <class T>
constexpr T round_down(T value, T alignment) {
    return value / alignment * alignment;
}

}  // namespace elytra
