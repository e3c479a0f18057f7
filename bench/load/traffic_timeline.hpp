#pragma once

#include <atomic>
#include <cstdint>

#include "bench/load/traffic_result.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

// When the phases of a traffic begin. Set by its owner, and read by all generator threads whenever
// they count something, so that they change phase at one instant without a message. An instant is
// set before it comes; that a thread sees it in time takes nanoseconds.
class TrafficTimeline {
public:
    // Requires: interval_nanoseconds > 0.
    explicit TrafficTimeline(std::uint64_t interval_nanoseconds)
        : interval_nanoseconds_(interval_nanoseconds) {}

    // The warm-up. Once, before the threads ask for anything.
    void begin(Instant at) { start_ = at; }

    void begin_measurement(Instant at) { measurement_ = at.nanoseconds; }

    void end(Instant at) { end_ = at.nanoseconds; }

    Instant start() const { return start_; }

    // Later than everything, as long as it is not set; as is end().
    Instant measurement() const { return {measurement_}; }

    Instant end() const { return {end_}; }

    TrafficPhase phase_at(Instant instant) const;

    // The first boundary of the time series after `instant`. They lie at equal distances from the
    // start, are cut short by the end, and lie at equal distances from there. Requires: an instant
    // not before the start.
    Instant boundary_after(Instant instant) const;

private:
    std::uint64_t interval_nanoseconds_;
    Instant start_;
    std::atomic<std::uint64_t> measurement_{UINT64_MAX};
    std::atomic<std::uint64_t> end_{UINT64_MAX};
};

}  // namespace elytra::bench
