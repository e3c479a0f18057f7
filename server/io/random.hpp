#pragma once

#include <cstdint>

#include "server/common/int.hpp"

namespace elytra::io {

// From the kernel: seeds and identities, nothing that must be reproducible.
std::uint64_t random_u64();

u128 random_u128();

}  // namespace elytra::io
