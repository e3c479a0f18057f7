#pragma once

#include <cstdint>

#include "bench/load/traffic_result.hpp"

namespace elytractl::report {

// Nanoseconds since the start of the traffic.
struct TrafficWindow {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    bool contains(std::uint64_t at) const { return begin <= at && at <= end; }
};

TrafficWindow warm_up_window(const elytra::bench::TrafficResult& traffic);

TrafficWindow measurement_window(const elytra::bench::TrafficResult& traffic);

}  // namespace elytractl::report
