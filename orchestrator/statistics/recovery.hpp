#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "bench/load/traffic_result.hpp"

namespace elytractl::statistics {

// How long after an overload a lower load was served normally again. Metastable is what never is,
// although that load was no trouble before.
struct Recovery {
    double fraction = 0;                         // of the closed-loop maximum, after the overload
    std::uint64_t carried = 0;                   // events that the overload had left
    std::optional<std::uint64_t> nanoseconds{};  // from the change of the rate
    std::string sentence{};                      // with the reason where it never was
};

// From the series of the load after the overload, which begins with the change of the rate. Normal
// is the first second (four intervals at least) in which 99 % of what was offered is answered, and
// the 99th percentile of batches, with those that the overload left, is at most twice `p99_normal`
// (microseconds), which is that of the same load on the way up; absent: it was not served there.
Recovery find_recovery(std::span<const elytra::bench::TrafficInterval> intervals,
                       std::optional<double> p99_normal);

}  // namespace elytractl::statistics
