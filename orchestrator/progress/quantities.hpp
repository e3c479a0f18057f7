#pragma once

#include <cstdint>
#include <string>

#include "bench/load/traffic_result.hpp"

namespace elytractl::progress {

// Three digits and a unit: "850 us", "11.8 ms", "1.24 s".
std::string duration_text(std::uint64_t microseconds);

// "987", "92.0 k", "1.31 M".
std::string count_text(double count);

// "3.03 GiB".
std::string size_text(std::uint64_t bytes);

// Events a second that were accepted; 0 without time.
double rate_of(const elytra::bench::TrafficCounts& counts, std::uint64_t nanoseconds);

// "0.00 %" of what was offered.
std::string share_text(std::uint64_t part, std::uint64_t whole);

}  // namespace elytractl::progress
