#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/load/batch.hpp"
#include "bench/load/traffic_result.hpp"
#include "bench/load/traffic_timeline.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

struct RecorderOptions {
    std::uint32_t batch_max = 8189;
    std::uint64_t late_nanoseconds = 10'000'000;
};

// What one generator thread has counted and measured in a step. Times are told, in their order; a
// clock is not asked.
class TrafficRecorder {
public:
    // The timeline outlives the recorder and has begun.
    TrafficRecorder(const RecorderOptions& options, const TrafficTimeline& timeline);

    void on_offered(Instant intended, std::uint64_t events);

    // Never to be sent, after having waited for so long.
    void on_dropped(const Unit& unit, std::uint64_t waited_nanoseconds);

    void on_sent(const Batch& batch, Instant sent);

    struct Answer {
        Instant sent;
        Instant answered;
        std::uint64_t accepted = 0;  // events
    };

    void on_answer(const Batch& batch, const Answer& answer);

    // Sent, or what would be sent together, but not answered when the step ends: counts with what
    // it has waited until then. Its answer is told to the recorder of a later step.
    void on_carried(const Batch& batch, Instant end);

    // Sent, and given up now.
    void on_unanswered(const Batch& batch, Instant now);

    Instant interval_end() const { return timeline_.boundary_after(interval_begin_); }

    // Closes the intervals that have ended by now. To be called before what happens now is told.
    void advance(Instant now);

    // Closes the present interval too, however short it is. Nothing is told after it.
    void finish(Instant now);

    // The intervals closed since the last call, in their order.
    std::vector<TrafficInterval> take_intervals();

    const TrafficCounts& counts(TrafficPhase phase) const {
        return counts_[static_cast<std::size_t>(phase)];
    }

    // Nothing is intended in the drain, so that it has no latencies of its own.
    const TrafficLatency& latency(TrafficPhase phase) const {
        return phase == TrafficPhase::warm_up ? warm_up_latency_ : latency_;
    }

private:
    // Dropped events that would have shared a batch.
    struct DroppedBatch {
        std::uint64_t events = 0;
        std::uint64_t waited_nanoseconds = 0;  // of the first of them
        TrafficPhase phase = TrafficPhase::warm_up;
    };

    // Whether it arrived in an earlier step. Its latency was counted there.
    bool was_carried(Instant intended) const { return intended < timeline_.start(); }

    TrafficPhase phase_of(const Batch& batch) const;
    TrafficCounts& counts_at(Instant instant);
    TrafficLatency& latency_of(TrafficPhase phase);
    void begin_interval(Instant at);
    void close_interval(Instant end);
    void record_dropped_batch();
    void record_events(const Batch& batch, Instant end);

    RecorderOptions options_;
    const TrafficTimeline& timeline_;
    std::array<TrafficCounts, traffic_phase_count> counts_;  // by phase
    TrafficLatency warm_up_latency_;
    TrafficLatency latency_;
    DroppedBatch dropped_;
    TrafficInterval interval_;
    Instant interval_begin_;
    std::vector<TrafficInterval> closed_;
};

}  // namespace elytra::bench
