#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "bench/load/traffic_options.hpp"
#include "bench/load/traffic_result.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

// A step of a traffic: its schedule, and when its phases begin. Set by its owner, and read by all
// generator threads whenever they count something, so that they change phase, and step, at one
// instant without a message. An instant is set before it comes; that a thread sees it in time takes
// nanoseconds.
class TrafficTimeline {
public:
    // Requires: interval_nanoseconds > 0.
    explicit TrafficTimeline(std::uint64_t interval_nanoseconds, ArrivalOptions arrival = {},
                             std::uint32_t step = 0)
        : interval_nanoseconds_(interval_nanoseconds), arrival_(std::move(arrival)), step_(step) {}

    // The warm-up. Once, before the threads ask for anything.
    void begin(Instant at) { start_ = at; }

    void begin_measurement(Instant at) { measurement_ = at.nanoseconds; }

    void end(Instant at) { end_ = at.nanoseconds; }

    // Ends when `next` begins, which has been told when that is and outlives this one.
    void go_on_with(const TrafficTimeline& next) {
        next_ = &next;  // first, so that whoever sees the end sees what follows it
        end(next.start());
    }

    Instant start() const { return start_; }

    // Later than everything, as long as it is not set; as is end().
    Instant measurement() const { return {measurement_}; }

    Instant end() const { return {end_}; }

    // What follows the end; null: the drain does.
    const TrafficTimeline* next() const { return next_; }

    const ArrivalOptions& arrival() const { return arrival_; }

    std::uint32_t step() const { return step_; }  // from 0

    TrafficPhase phase_at(Instant instant) const;

    // The first boundary of the time series after `instant`. They lie at equal distances from the
    // start, are cut short by the end, and lie at equal distances from there. Requires: an instant
    // not before the start.
    Instant boundary_after(Instant instant) const;

private:
    std::uint64_t interval_nanoseconds_;
    ArrivalOptions arrival_;
    std::uint32_t step_;
    Instant start_;
    std::atomic<std::uint64_t> measurement_{UINT64_MAX};
    std::atomic<std::uint64_t> end_{UINT64_MAX};
    std::atomic<const TrafficTimeline*> next_{nullptr};
};

}  // namespace elytra::bench
