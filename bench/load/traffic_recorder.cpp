#include "bench/load/traffic_recorder.hpp"

#include <algorithm>
#include <utility>

namespace elytra::bench {
namespace {

std::uint64_t microseconds_between(Instant begin, Instant end) {
    return end < begin ? 0 : (end.nanoseconds - begin.nanoseconds) / nanoseconds_per_microsecond;
}

// Units that were intended together are counted together: all of a batch in a closed loop.
template <class Count>
void count_events(const Batch& batch, Count count) {
    Instant intended = batch.units.front().intended;
    std::uint64_t events = 0;
    for (const Unit& unit : batch.units) {
        if (unit.intended != intended) {
            count(intended, events);
            intended = unit.intended;
            events = 0;
        }
        events += unit.events;
    }
    count(intended, events);
}

}  // namespace

TrafficRecorder::TrafficRecorder(const RecorderOptions& options, const TrafficTimeline& timeline)
    : options_(options), timeline_(timeline) {
    begin_interval(timeline.start());
}

void TrafficRecorder::on_offered(Instant intended, std::uint64_t events) {
    counts_at(intended).offered += events;
    interval_.counts.offered += events;
}

void TrafficRecorder::on_dropped(const Unit& unit, std::uint64_t waited_nanoseconds) {
    const TrafficPhase phase = timeline_.phase_at(unit.intended);
    counts_at(unit.intended).dropped += unit.events;
    interval_.counts.dropped += unit.events;
    if (was_carried(unit.intended)) return;
    latency_of(phase).event.add(waited_nanoseconds / nanoseconds_per_microsecond, unit.events);

    const bool full = dropped_.events + unit.events > options_.batch_max;
    if (full || dropped_.phase != phase) record_dropped_batch();
    if (dropped_.events == 0) {
        dropped_.waited_nanoseconds = waited_nanoseconds;
        dropped_.phase = phase;
    }
    dropped_.events += unit.events;
}

void TrafficRecorder::record_dropped_batch() {
    if (dropped_.events == 0) return;
    const std::uint64_t waited = dropped_.waited_nanoseconds / nanoseconds_per_microsecond;
    latency_of(dropped_.phase).batch.record_microseconds(waited);
    interval_.batch.record_microseconds(waited);
    dropped_.events = 0;
}

void TrafficRecorder::on_sent(const Batch& batch, Instant sent) {
    count_events(batch, [&](Instant intended, std::uint64_t events) {
        const bool late = sent.nanoseconds > intended.nanoseconds + options_.late_nanoseconds;
        for (TrafficCounts* const counts : {&counts_at(intended), &interval_.counts}) {
            counts->sent += events;
            counts->late += late ? events : 0;
        }
    });

    TrafficLatency& latency = latency_of(phase_of(batch));
    latency.lag.record_microseconds(microseconds_between(batch.units.back().intended, sent));
    if (batch.is_query()) return;
    latency.fill.record_microseconds(
        microseconds_between(batch.units.front().intended, batch.ready));
    latency.queue.record_microseconds(microseconds_between(batch.ready, sent));
}

void TrafficRecorder::on_answer(const Batch& batch, const Answer& answer) {
    for (TrafficCounts* counts : {&counts_at(answer.answered), &interval_.counts}) {
        counts->answered += batch.events;
        counts->accepted += answer.accepted;
        ++counts->requests;
    }
    record_events(batch, answer.answered);

    TrafficLatency& latency = latency_of(phase_of(batch));
    const Instant intended = batch.units.front().intended;
    const std::uint64_t response = microseconds_between(intended, answer.answered);
    const bool counted = was_carried(intended);
    if (batch.is_query()) {
        if (!counted) latency.query.record_microseconds(response);
        return;
    }
    if (!counted) latency.batch.record_microseconds(response);
    interval_.batch.record_microseconds(response);
    latency.service.record_microseconds(microseconds_between(answer.sent, answer.answered));
}

void TrafficRecorder::on_carried(const Batch& batch, Instant end) {
    record_events(batch, end);
    const Instant intended = batch.units.front().intended;
    if (batch.is_query() || was_carried(intended)) return;
    latency_of(phase_of(batch)).batch.record_microseconds(microseconds_between(intended, end));
}

void TrafficRecorder::on_unanswered(const Batch& batch, Instant now) {
    on_carried(batch, now);
    if (batch.is_query()) return;
    interval_.batch.record_microseconds(microseconds_between(batch.units.front().intended, now));
}

void TrafficRecorder::record_events(const Batch& batch, Instant end) {
    count_events(batch, [&](Instant intended, std::uint64_t events) {
        if (was_carried(intended)) return;
        latency_of(timeline_.phase_at(intended))
            .event.add(microseconds_between(intended, end), events);
    });
}

void TrafficRecorder::advance(Instant now) {
    for (Instant end = interval_end(); end <= now; end = interval_end()) close_interval(end);
}

void TrafficRecorder::finish(Instant now) {
    advance(now);
    record_dropped_batch();
    if (now > interval_begin_) close_interval(now);
}

void TrafficRecorder::begin_interval(Instant at) {
    interval_ = {};
    interval_begin_ = at;
}

void TrafficRecorder::close_interval(Instant end) {
    interval_.phase = timeline_.phase_at(interval_begin_);
    interval_.start_nanoseconds = interval_begin_.nanoseconds - timeline_.start().nanoseconds;
    interval_.nanoseconds = end.nanoseconds - interval_begin_.nanoseconds;
    closed_.push_back(std::move(interval_));
    begin_interval(end);
}

std::vector<TrafficInterval> TrafficRecorder::take_intervals() {
    return std::exchange(closed_, {});
}

TrafficPhase TrafficRecorder::phase_of(const Batch& batch) const {
    return timeline_.phase_at(batch.units.front().intended);
}

TrafficCounts& TrafficRecorder::counts_at(Instant instant) {
    return counts_[static_cast<std::size_t>(timeline_.phase_at(instant))];
}

TrafficLatency& TrafficRecorder::latency_of(TrafficPhase phase) {
    return phase == TrafficPhase::warm_up ? warm_up_latency_ : latency_;
}

}  // namespace elytra::bench
