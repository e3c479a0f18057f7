#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bench/load/traffic_session.hpp"
#include "bench/load/traffic_worker.hpp"
#include "server/common/assert.hpp"
#include "server/io/clock.hpp"
#include "server/wire/elements.hpp"

// The part of a worker that lasts from the begin of the timeline until nothing is in flight.
namespace elytra::bench {
namespace {

std::chrono::nanoseconds between(Instant begin, Instant end) {
    return std::chrono::nanoseconds(end < begin ? 0 : end.nanoseconds - begin.nanoseconds);
}

std::uint64_t count_created(std::span<const std::byte> results) {
    const auto created = static_cast<std::uint32_t>(wire::CreateTransferStatus::created);
    std::uint64_t count = 0;
    for (const wire::CreateResult& result : wire::elements<wire::CreateResult>(results)) {
        count += result.status == created ? 1U : 0U;
    }
    return count;
}

}  // namespace

void TrafficWorker::run() {
    if (failed_) return;
    begin_recording();
    if (is_open()) {
        backlog_.emplace(BacklogOptions{.batch_max = options_.batch_max,
                                        .linger_nanoseconds = options_.linger_nanoseconds,
                                        .events_max = options_.backlog_max / share_.count,
                                        .start = timeline_->start()},
                         stream_, arrivals());
    } else {
        for (const auto& session : sessions_) begin(*session);
    }
    on_tick();
}

void TrafficWorker::begin_recording() {
    recorder_.emplace(RecorderOptions{.batch_max = options_.batch_max,
                                      .late_nanoseconds = options_.late_nanoseconds},
                      *timeline_);
}

// The schedule of the present step.
Arrivals TrafficWorker::arrivals() const {
    return Arrivals(timeline_->arrival(), options_.workload.seed,
                    {.index = share_.index, .count = share_.count, .step = timeline_->step()});
}

// Brings steps, arrivals and intervals up to date, in the order of their times, before anything
// that happens now is counted.
void TrafficWorker::settle(Instant now) {
    while (timeline_->next() != nullptr && now >= timeline_->end()) {
        settle_in_step(timeline_->end());
        begin_next_step();
    }
    settle_in_step(now);
}

void TrafficWorker::settle_in_step(Instant now) {
    for (Instant end = recorder_->interval_end(); end <= now; end = recorder_->interval_end()) {
        arrive(end);
        recorder_->advance(end);
    }
    arrive({now.nanoseconds + 1});
    if (!measuring_ && !draining_ && now >= timeline_->measurement()) begin_measurement();
    if (!draining_ && now >= timeline_->end() && timeline_->next() == nullptr) begin_drain();
}

void TrafficWorker::arrive(Instant end) {
    if (backlog_ && !draining_) backlog_->arrive(std::min(end, timeline_->end()), *recorder_);
}

void TrafficWorker::begin_measurement() {
    measuring_ = true;
    thread_.cpu_nanoseconds = io::thread_cpu_nanoseconds();
    thread_.audit_nanoseconds = 0;
}

void TrafficWorker::end_measurement() {
    if (measuring_) {
        thread_.cpu_nanoseconds = io::thread_cpu_nanoseconds() - thread_.cpu_nanoseconds;
        thread_.nanoseconds = timeline_->end().nanoseconds - timeline_->measurement().nanoseconds;
    }
    measuring_ = false;
}

// What waits and what is in flight goes on; the step that ends counts it as it stands.
void TrafficWorker::begin_next_step() {
    const TrafficTimeline& next = *timeline_->next();
    end_measurement();
    std::uint64_t carried = backlog_->waiting_events();
    for (const auto& session : sessions_) {
        if (!session->holds_batch) continue;
        recorder_->on_carried(session->in_flight.batch, next.start());
        carried += session->in_flight.batch.events;
    }
    timeline_ = &next;
    backlog_->go_on(next.start(), arrivals(), *recorder_);
    recorder_->finish(next.start());
    report_intervals();
    WorkerReport ended = report();
    ended.carried_events = carried;
    events_.on_step_ended(std::move(ended));
    thread_ = {};
    begin_recording();
}

void TrafficWorker::begin_drain() {
    draining_ = true;
    end_measurement();
    if (backlog_) backlog_->over(timeline_->end());
    patience_timer_.start(std::chrono::nanoseconds(options_.drain_timeout_nanoseconds),
                          [this] { drop_backlog(); });
}

void TrafficWorker::drop_backlog() {
    if (backlog_) {
        const Instant now = io::monotonic_now();
        settle(now);
        backlog_->drop(now, *recorder_);
        finish_if_drained();
        if (finished_) return;
    }
    patience_timer_.start(std::chrono::nanoseconds(options_.drain_timeout_nanoseconds),
                          [this] { give_up_answers(); });
}

void TrafficWorker::give_up_answers() {
    const Instant now = io::monotonic_now();
    settle(now);
    for (const auto& session : sessions_) {
        if (session->port->idle()) continue;
        ++unanswered_;
        recorder_->on_unanswered(session->in_flight.batch, now);
        auditor_.add_unanswered(session->in_flight.expected);
    }
    finish(now);
}

void TrafficWorker::finish_if_drained() {
    if (!draining_ || finished_ || !at_rest()) return;
    if (backlog_ && !backlog_->empty()) return;
    finish(io::monotonic_now());
}

void TrafficWorker::finish(Instant now) {
    finished_ = true;
    pace_timer_.cancel();
    tick_timer_.cancel();
    patience_timer_.cancel();
    recorder_->finish(now);
    report_intervals();
    events_.on_drained(report());
}

WorkerReport TrafficWorker::report() const {
    return {.warm_up = recorder_->counts(TrafficPhase::warm_up),
            .measurement = recorder_->counts(TrafficPhase::measurement),
            .warm_up_latency = recorder_->latency(TrafficPhase::warm_up),
            .latency = recorder_->latency(TrafficPhase::measurement),
            .thread = thread_,
            .unanswered = unanswered_};
}

void TrafficWorker::on_tick() {
    if (failed_ || finished_) return;
    const Instant now = io::monotonic_now();
    settle(now);
    for (const auto& session : sessions_) {
        // An eviction between two requests has been told to nobody yet.
        if (const auto failure = session->port->failure()) return fail(*failure);
    }
    report_intervals();
    tick_timer_.start(between(now, recorder_->interval_end()), [this] { on_tick(); });
    if (is_open()) pump();
    finish_if_drained();
}

void TrafficWorker::report_intervals() {
    std::vector<TrafficInterval> closed = recorder_->take_intervals();
    if (!closed.empty()) events_.on_intervals(std::move(closed));
}

// Open: gives ready batches to sessions that have nothing to do.
void TrafficWorker::pump() {
    Instant now = io::monotonic_now();
    settle(now);
    for (const auto& session : sessions_) {
        if (!session->port->idle()) continue;
        const std::optional<Instant> ready = backlog_->ready_at();
        if (!ready) return;
        if (*ready > now) return pace_timer_.start(*ready, [this] { pump(); });
        session->in_flight.batch.clear();
        backlog_->take(session->in_flight.batch);
        session->holds_batch = true;
        session->in_flight.message = session->port->acquire();
        write_request(stream_, session->in_flight, audited());
        now = io::monotonic_now();
        settle(now);
        submit(*session, now);
    }
}

void TrafficWorker::begin(Session& session) {
    if (failed_) return;
    prepare(session);
    const Instant now = io::monotonic_now();
    settle(now);
    send_prepared(session, now);
}

void TrafficWorker::prepare(Session& session) {
    if (draining_ || !session.prepared.batch.empty()) return;
    supply_.take(session.prepared.batch);
    session.prepared.message = session.port->acquire();
    write_request(stream_, session.prepared, audited());
}

// Closed: what a client sends is intended when the client is ready for it, which is now.
void TrafficWorker::send_prepared(Session& session, Instant now) {
    if (draining_) return finish_if_drained();
    if (const auto failure = session.port->failure()) return fail(*failure);
    std::swap(session.prepared, session.in_flight);
    session.prepared.batch.clear();
    Batch& batch = session.in_flight.batch;
    for (Unit& unit : batch.units) unit.intended = now;
    batch.ready = now;
    recorder_->on_offered(now, batch.events);
    submit(session, now);
    // After this handler, which leaves the bytes of the request on their way.
    session.timer.start({}, [this, &session] { prepare(session); });
}

void TrafficWorker::submit(Session& session, Instant now) {
    session.sent = now;
    recorder_->on_sent(session.in_flight.batch, now);
    session.port->submit(session.in_flight.operation(), std::move(session.in_flight.message),
                         [this, &session](const Reply& reply) { on_reply(session, reply); });
}

void TrafficWorker::on_reply(Session& session, const Reply& reply) {
    if (failed_ || finished_) return;
    if (!reply.has_value()) return fail(reply.error());
    const Instant now = io::monotonic_now();
    settle(now);
    session.holds_batch = false;
    const Instant sent = session.sent;
    std::swap(session.in_flight, session.answered);
    // The server works on the next request while this answer is checked.
    const bool sends_at_once = !is_open() && !draining_ &&
                               options_.arrival.think_nanoseconds == 0 &&
                               !session.prepared.batch.empty();
    if (sends_at_once) send_prepared(session, now);
    const std::uint64_t accepted = check(session.answered, session, *reply);
    recorder_->on_answer(session.answered.batch,
                         {.sent = sent, .answered = now, .accepted = accepted});
    if (!sends_at_once) go_on(session);
    finish_if_drained();
}

// Returns how many events were accepted.
std::uint64_t TrafficWorker::check(const TrafficRequest& request, Session& session,
                                   std::span<const std::byte> results) {
    const bool query = request.batch.is_query();
    if (!options_.audit) return query ? 1 : count_created(results);
    const std::uint64_t begin = io::thread_cpu_nanoseconds();
    const std::uint64_t accepted =
        query ? auditor_.check_query(request.filter, results) ? 1U : 0U
              : auditor_.check_transfers(request.expected, results, session.clock);
    thread_.audit_nanoseconds += measuring_ ? io::thread_cpu_nanoseconds() - begin : 0;
    return accepted;
}

void TrafficWorker::go_on(Session& session) {
    if (is_open()) return pump();
    if (options_.arrival.think_nanoseconds == 0) return begin(session);
    prepare(session);
    session.timer.start(std::chrono::nanoseconds(options_.arrival.think_nanoseconds),
                        [this, &session] { begin(session); });
}

}  // namespace elytra::bench
