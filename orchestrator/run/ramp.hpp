#pragma once

#include <cstdint>

#include "bench/load/traffic_options.hpp"

namespace elytractl::run {

// The open schedule preceded by a linear rise to its first rate. A schedule is repeated as a whole
// when it is over, so that this one is written out until nothing can run longer; beyond
// ramp_stretches_max stretches there is no rise. Requires: an open schedule with stretches.
elytra::bench::ArrivalOptions with_ramp(const elytra::bench::ArrivalOptions& arrival,
                                        std::uint64_t ramp_nanoseconds,
                                        std::uint64_t run_nanoseconds_max);

inline constexpr std::size_t ramp_stretches_max = 100'000;

}  // namespace elytractl::run
