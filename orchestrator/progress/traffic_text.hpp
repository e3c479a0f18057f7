#pragma once

#include <cstdint>
#include <string>

#include "bench/load/traffic_result.hpp"

namespace elytractl::progress {

// Events a second that were accepted; 0 without time.
double rate_of(const elytra::bench::TrafficCounts& counts, std::uint64_t nanoseconds);

// "11.8 ms".
std::string latency_text(std::uint64_t microseconds);

// "0.1 %" of what was offered.
std::string share_text(std::uint64_t part, std::uint64_t whole);

}  // namespace elytractl::progress
