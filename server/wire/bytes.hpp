#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "server/common/assert.hpp"

namespace elytra::wire {

// The little-endian integer at any offset, aligned or not.
template <class T>

requires std::is_integral_v<T> T load(std::span<const std::byte> bytes, std::size_t offset) {
    ELYTRA_ASSERT(offset <= bytes.size() && bytes.size() - offset >= sizeof(T));
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

template <class T>
requires std::is_integral_v<T>

void store(std::span<std::byte> bytes, std::size_t offset, T value) {
    ELYTRA_ASSERT(offset <= bytes.size() && bytes.size() - offset >= sizeof(T));
    std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

// All bytes are zero when the first one is and each equals its neighbour, and memcmp is fast at
// that.
inline bool all_zero(std::span<const std::byte> bytes) {
    if (bytes.empty()) return true;
    return bytes.front() == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

template <std::size_t size>
bool all_zero(const std::array<std::uint8_t, size>& bytes) {
    return all_zero(std::as_bytes(std::span(bytes)));
}

}  // namespace elytra::wire
