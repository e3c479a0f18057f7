#pragma once

#include "server/common/time.hpp"

namespace elytra::io {

Instant monotonic_now();

WallTime wall_now();

}  // namespace elytra::io
