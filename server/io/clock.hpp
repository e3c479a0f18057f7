#pragma once

#include <cstdint>

#include "server/common/time.hpp"

namespace elytra::io {

Instant monotonic_now();

WallTime wall_now();

// What the calling thread has used of a CPU, in user and in kernel mode, since it began.
std::uint64_t thread_cpu_nanoseconds();

}  // namespace elytra::io
