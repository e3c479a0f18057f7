#include "bench/load/backlog.hpp"

#include <algorithm>
#include <utility>

#include "bench/load/traffic_recorder.hpp"
#include "server/common/assert.hpp"

namespace elytra::bench {
namespace {

Instant after(Instant begin, std::uint64_t nanoseconds) {
    return {begin.nanoseconds + nanoseconds};
}

std::optional<Instant> earlier(std::optional<Instant> one, Instant other) {
    return one ? std::min(*one, other) : other;
}

}  // namespace

Backlog::Backlog(const BacklogOptions& options, const MixedStream& stream, Arrivals arrivals)
    : options_(options), stream_(stream), arrivals_(std::move(arrivals)) {
    ELYTRA_ASSERT(options.batch_max > 0 && options.events_max >= options.batch_max);
}

// A unit arrives as a whole, when its first event is intended; the times of the others are left
// out, so that events come at the rate of the schedule.
Unit Backlog::draw() {
    Unit unit = make_unit(stream_, unit_next_++);
    unit.intended = after(options_.start, arrivals_.next());
    for (std::uint32_t skipped = 1; skipped < unit.events; ++skipped) arrivals_.next();
    return unit;
}

const Unit& Backlog::ahead(std::size_t place) {
    if (place == ahead_.size()) ahead_.push_back(draw());
    return ahead_[place];
}

void Backlog::arrive(Instant end, TrafficRecorder& recorder) {
    ELYTRA_ASSERT(!over_);
    while (ahead(0).intended < end) {
        const Unit unit = ahead_.front();
        ahead_.pop_front();
        admit(unit, recorder);
    }
}

void Backlog::admit(const Unit& unit, TrafficRecorder& recorder) {
    recorder.on_offered(unit.intended, unit.events);
    if (waiting_events_ + unit.events > options_.events_max) {
        // Had there been room for it, it would have waited for about as long as those who are
        // before it in the queue.
        recorder.on_dropped(unit, unit.intended.nanoseconds - oldest().nanoseconds);
        return;
    }
    waiting_events_ += unit.events;
    if (unit.kind == UnitKind::query) {
        queries_.push_back(unit);
        return;
    }
    transfers_.push_back(unit);
    transfer_events_ += unit.events;
}

Instant Backlog::oldest() const {
    if (transfers_.empty()) return queries_.front().intended;
    if (queries_.empty()) return transfers_.front().intended;
    return std::min(transfers_.front().intended, queries_.front().intended);
}

void Backlog::go_on(Instant start, Arrivals arrivals, TrafficRecorder& recorder) {
    ELYTRA_ASSERT(!over_);
    Batch batch;
    const auto tell = [&] {
        if (!batch.empty()) recorder.on_carried(batch, start);
        batch.clear();
    };
    for (const Unit& unit : transfers_) {
        if (batch.events + unit.events > options_.batch_max) tell();
        batch.add(unit);
    }
    tell();
    for (const Unit& unit : queries_) {
        batch.add(unit);
        tell();
    }
    // What was drawn from the schedule and not reached arrives by the other one.
    if (!ahead_.empty()) unit_next_ = ahead_.front().index;
    ahead_.clear();
    arrivals_ = std::move(arrivals);
    options_.start = start;
}

void Backlog::over(Instant at) {
    ahead_.clear();
    over_ = at;
}

Instant Backlog::linger_end(const Unit& first) const {
    const Instant end = after(first.intended, options_.linger_nanoseconds);
    return over_ ? std::min(end, *over_) : end;
}

// Of the transfers that have arrived. Requires: there are some.
Instant Backlog::transfers_ready_at() const {
    const bool full = transfer_events_ >= options_.batch_max;
    return full ? transfers_.front().intended : linger_end(transfers_.front());
}

std::optional<Instant> Backlog::ready_at() {
    std::optional<Instant> ready;
    if (!queries_.empty()) ready = queries_.front().intended;
    if (!transfers_.empty()) ready = earlier(ready, transfers_ready_at());
    return over_ ? ready : ready_ahead(ready);
}

// What has not arrived yet may make a batch ready earlier: by filling it, as a query, or as the
// first unit of all.
std::optional<Instant> Backlog::ready_ahead(std::optional<Instant> ready) {
    std::uint64_t events = transfer_events_;
    for (std::size_t place = 0; !ready || ahead(place).intended < *ready; ++place) {
        const Unit& unit = ahead(place);
        if (unit.kind == UnitKind::query) return unit.intended;
        events += unit.events;
        if (events >= options_.batch_max) return unit.intended;
        ready = earlier(ready, linger_end(unit));
    }
    return ready;
}

void Backlog::take(Batch& batch) {
    ELYTRA_ASSERT(batch.empty() && !empty());
    const bool query = !queries_.empty() &&
                       (transfers_.empty() || queries_.front().intended <= transfers_ready_at());
    if (!query) return take_transfers(batch);
    batch.ready = queries_.front().intended;
    batch.add(queries_.front());
    queries_.pop_front();
    --waiting_events_;
}

void Backlog::take_transfers(Batch& batch) {
    batch.ready = linger_end(transfers_.front());
    while (!transfers_.empty()) {
        const Unit& unit = transfers_.front();
        const bool fits = batch.events + unit.events <= options_.batch_max;
        if (batch.events + unit.events >= options_.batch_max) {
            batch.ready = std::min(batch.ready, unit.intended);
        }
        if (!fits) break;
        batch.add(unit);
        transfers_.pop_front();
    }
    transfer_events_ -= batch.events;
    waiting_events_ -= batch.events;
}

void Backlog::drop(Instant now, TrafficRecorder& recorder) {
    for (const std::deque<Unit>* units : {&transfers_, &queries_}) {
        for (const Unit& unit : *units) {
            recorder.on_dropped(unit, now.nanoseconds - unit.intended.nanoseconds);
        }
    }
    transfers_.clear();
    queries_.clear();
    transfer_events_ = waiting_events_ = 0;
}

}  // namespace elytra::bench
