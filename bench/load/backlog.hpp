#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "bench/load/arrivals.hpp"
#include "bench/load/batch.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

class TrafficRecorder;

struct BacklogOptions {
    std::uint32_t batch_max = 8189;  // events; at least those of any unit
    std::uint64_t linger_nanoseconds = 0;
    std::uint64_t events_max = 1'000'000;  // waiting; at least batch_max
    Instant start;                         // of the schedule
};

// The units of an open loop from their arrival until a session takes them. A batch is ready when it
// is full or its first unit has lingered, and goes on filling until a session is free to take it.
// The decisions are those of the caller's times alone: no clock, no socket.
class Backlog {
public:
    // The stream outlives the backlog.
    Backlog(const BacklogOptions& options, const MixedStream& stream, Arrivals arrivals);

    // Lets arrive what is intended before `end`; what finds no room is dropped. Requires: ends that
    // do not decrease, no over().
    void arrive(Instant end, TrafficRecorder& recorder);

    // Another schedule takes over: what was intended before its start has arrived, and what waits
    // goes on waiting. Tells the recorder of the schedule that ends what it leaves unanswered.
    // Requires: no over().
    void go_on(Instant start, Arrivals arrivals, TrafficRecorder& recorder);

    // The schedule ends: nothing arrives any more, and nothing is worth lingering for.
    void over(Instant at);

    // When the next batch is ready for a session that has nothing else to do. None when the
    // schedule is over and nothing waits. Looks ahead in the schedule for when a batch is full.
    std::optional<Instant> ready_at();

    // Takes the next batch into an empty one. Requires: ready_at() has passed, and all that was
    // intended by now has arrived.
    void take(Batch& batch);

    // Gives up everything that waits.
    void drop(Instant now, TrafficRecorder& recorder);

    bool empty() const { return waiting_events_ == 0; }

    std::uint64_t waiting_events() const { return waiting_events_; }

private:
    Unit draw();
    const Unit& ahead(std::size_t place);
    void admit(const Unit& unit, TrafficRecorder& recorder);
    Instant oldest() const;
    std::optional<Instant> ready_ahead(std::optional<Instant> ready);
    Instant transfers_ready_at() const;
    Instant linger_end(const Unit& first) const;
    void take_transfers(Batch& batch);

    BacklogOptions options_;
    const MixedStream& stream_;
    Arrivals arrivals_;
    std::uint64_t unit_next_ = 0;
    std::optional<Instant> over_;

    // Together at most events_max events.
    std::deque<Unit> transfers_;
    std::deque<Unit> queries_;
    std::uint64_t transfer_events_ = 0;  // in transfers_
    std::uint64_t waiting_events_ = 0;   // in both

    std::deque<Unit> ahead_;  // drawn from the schedule, not yet arrived; about a batch at most
};

}  // namespace elytra::bench
