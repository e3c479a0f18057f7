#include "server/io/clock.hpp"

#include <time.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::io {

namespace {

std::uint64_t nanoseconds_of(clockid_t clock) {
    timespec reading{};
    ELYTRA_ASSERT(clock_gettime(clock, &reading) == 0);
    return narrow<std::uint64_t>(reading.tv_sec) * nanoseconds_per_second +
           narrow<std::uint64_t>(reading.tv_nsec);
}

}  // namespace

Instant monotonic_now() { return Instant{nanoseconds_of(CLOCK_MONOTONIC)}; }

WallTime wall_now() { return WallTime{nanoseconds_of(CLOCK_REALTIME)}; }

std::uint64_t thread_cpu_nanoseconds() { return nanoseconds_of(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace elytra::io
