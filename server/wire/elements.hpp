#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "server/common/assert.hpp"

namespace elytra::wire {

// The bytes of a batch as the structs that they are, in place. Requires: whole structs, aligned as
// the bodies of pooled messages are.
template <class T>

requires std::is_trivially_copyable_v<T> std::span<const T> elements(
    std::span<const std::byte> bytes) {
    ELYTRA_ASSERT(bytes.size() % sizeof(T) == 0);
    ELYTRA_ASSERT(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

// Room for structs, to write them in place. Requires: aligned as above; what is left over at the
// end is not part of it.
template <class T>

requires std::is_trivially_copyable_v<T> std::span<T> element_room(std::span<std::byte> bytes) {
    ELYTRA_ASSERT(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0);
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

}  // namespace elytra::wire
