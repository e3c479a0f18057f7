#pragma once

#include <cstdint>

namespace elytra::engine {

// What one step of work has come to. `waiting`: pages are on their way; call again when reads have
// completed.
enum class Progress : std::uint8_t { waiting, done };

}  // namespace elytra::engine
