#include "server/vsr/replica.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/operation.hpp"

namespace elytra::vsr {
namespace {

// How long no request may have come before an idle replica looks for expired transfers (ledger
// spec, 8.3).
constexpr std::uint64_t pulse_idle_nanoseconds = 100 * nanoseconds_per_millisecond;

}  // namespace

std::size_t Replica::messages_needed(const Limits& limits) {
    const std::size_t stored_replies = limits.sessions_max;
    const std::size_t replies_of_a_checkpoint = limits.sessions_max;
    const std::size_t pipeline = std::size_t{2} * limits.pipeline_ops_max;
    constexpr std::size_t pongs_and_evictions = 64;
    constexpr std::size_t replay = storage::Journal::reads_max;
    return stored_replies + replies_of_a_checkpoint + pipeline + pongs_and_evictions + replay;
}

void Replica::on_tick(Instant monotonic, WallTime wall) {
    ELYTRA_ASSERT(monotonic >= now_);
    now_ = monotonic;
    wall_ = wall;
    if (checkpointer_.has_value()) checkpointer_->on_tick(monotonic);
    if (status_ == ReplicaStatus::normal) scrub();
    if (status_ == ReplicaStatus::normal &&
        request_last_.nanoseconds + pulse_idle_nanoseconds <= now_.nanoseconds) {
        prepare_pulse_when_due(std::max(timestamp_last_, wall_.nanoseconds));
    }
}

// With one replica nobody has what was lost; but who restores a backup early loses least.
void Replica::scrub() {
    const std::uint64_t passes = scrubber_->counters().passes_completed;
    scrubber_->on_tick(now_);
    if (const auto fault = scrubber_->take_fault()) {
        traces_.push_back(
            {.kind = TraceKind::scrub_found_damage, .first = fault->offset, .second = fault->size});
    }
    const storage::Scrubber::Counters& counters = scrubber_->counters();
    if (counters.passes_completed == passes) return;
    traces_.push_back({.kind = TraceKind::scrub_completed,
                       .first = counters.blocks_verified,
                       .second = counters.faults_found});
}

void Replica::on_message(wire::MessageRef message) {
    switch (message->frame().command) {
        case static_cast<std::uint8_t>(wire::Command::ping_client):
            return on_ping(*message);
        case static_cast<std::uint8_t>(wire::Command::request):
            return on_request(std::move(message));
        default:
            return drop(DropReason::not_for_a_server);
    }
}

void Replica::on_ping(const wire::Message& message) {
    const auto& ping = message.header<wire::PingClientHeader>();
    if (!wire::well_formed(ping)) return drop(DropReason::malformed);
    if (status_ != ReplicaStatus::normal) return drop(DropReason::not_normal);
    const ClientId client{ping.client};
    const bool session_lost = ping.session != 0 && sessions_.find(client) == nullptr &&
                              journal_->op_durable().value >= ping.session &&
                              !register_in_pipeline();
    if (session_lost) return evict(client, ping.frame.release, wire::EvictionReason::no_session);
    if (const auto reason = wire::refuse_ping(ping, admission_)) {
        return evict(client, ping.frame.release, *reason);
    }
    if (pool_.empty()) return drop(DropReason::no_buffer);
    wire::MessageRef pong = pool_.acquire();
    make_pong(*pong, speaker_, ping);
    client_messages_.push_back({client, std::move(pong)});
}

void Replica::on_request(wire::MessageRef message) {
    request_last_ = now_;
    const auto& request = message->header<wire::RequestHeader>();
    if (!wire::well_formed(request)) return drop(DropReason::malformed);
    if (status_ != ReplicaStatus::normal) return drop(DropReason::not_normal);
    if (request.frame.view > speaker_.view.value) return drop(DropReason::view_from_the_future);
    if (const auto reason = wire::refuse_request(request, message->body(), admission_)) {
        return evict(ClientId{request.client}, request.frame.release, *reason);
    }
    on_request_of_session(std::move(message));
}

void Replica::on_request_of_session(wire::MessageRef message) {
    const auto& request = message->header<wire::RequestHeader>();
    const ClientId client{request.client};
    const std::uint32_t release = request.frame.release;
    // What is executed but not yet durable must not show, not even as a stored reply or an
    // eviction.
    if (in_progress(client)) return drop(DropReason::in_progress);
    switch (sessions_.judge(request)) {
        case SessionVerdict::accept:
            break;
        case SessionVerdict::drop:
            return drop(DropReason::session_order);
        case SessionVerdict::resend:
            return resend_reply(client);
        case SessionVerdict::evict_no_session:
            if (register_in_pipeline()) return drop(DropReason::in_progress);
            return evict(client, release, wire::EvictionReason::no_session);
        case SessionVerdict::evict_session_too_low:
            return evict(client, release, wire::EvictionReason::session_too_low);
        case SessionVerdict::evict_release_mismatch:
            return evict(client, release, wire::EvictionReason::session_release_mismatch);
    }
    if (request.timestamp != 0) return drop(DropReason::malformed);
    if (requests_.full()) return drop(DropReason::queue_full);
    requests_.push_back(std::move(message));
    prepare_requests();
}

bool Replica::in_progress(ClientId client) const {
    for (std::size_t index = 0; index < requests_.size(); ++index) {
        if (requests_[index]->header<wire::RequestHeader>().client == client.value) return true;
    }
    for (std::size_t index = 0; index < pipeline_.size(); ++index) {
        if (pipeline_[index].header().client == client.value) return true;
    }
    return false;
}

bool Replica::register_in_pipeline() const {
    constexpr auto operation = static_cast<std::uint8_t>(wire::Operation::register_session);
    for (std::size_t index = 0; index < pipeline_.size(); ++index) {
        if (pipeline_[index].header().operation == operation) return true;
    }
    return false;
}

void Replica::resend_reply(ClientId client) {
    const Session* session = sessions_.find(client);
    ELYTRA_ASSERT(session != nullptr);
    raise_view(session->reply->header<wire::ReplyHeader>(), speaker_.view);
    client_messages_.push_back({client, session->reply});
}

void Replica::drop(DropReason reason) {
    traces_.push_back(
        {.kind = TraceKind::request_dropped, .first = static_cast<std::uint64_t>(reason)});
}

void Replica::evict(ClientId client, std::uint32_t release, wire::EvictionReason reason) {
    if (pool_.empty()) return drop(DropReason::no_buffer);
    wire::MessageRef eviction = pool_.acquire();
    make_eviction(*eviction, speaker_, client, reason);
    client_messages_.push_back({client, std::move(eviction)});
    traces_.push_back({.kind = TraceKind::client_evicted,
                       .client = client.value,
                       .first = static_cast<std::uint64_t>(reason),
                       .second = release});
}

bool Replica::can_prepare(std::uint32_t message_size) const {
    if (pipeline_.full()) return false;
    if (pipeline_bytes_ + storage::Journal::record_size(message_size) > limits_.pipeline_bytes_max)
        return false;
    return shortage() == storage::CheckpointStore::Shortage::none &&
           journal_->space_available(message_size);
}

void Replica::prepare_requests() {
    while (!requests_.empty() && can_prepare(requests_.front()->frame().size)) {
        wire::MessageRef message = requests_.pop_front();
        const auto operation = wire::to_operation(message->header<wire::RequestHeader>().operation);
        const std::uint64_t step = state_machine_.timestamp_step(*operation, message->body());
        request_to_prepare(*message, speaker_, next_place(step));
        append(std::move(message));
    }
    if (requests_.empty() || !pipeline_.empty()) return;
    if (!journal_->space_available(requests_.front()->frame().size)) checkpointer_->cut_early();
}

// At most one pulse is on its way; whatever expired before it runs is handled by it.
void Replica::prepare_pulse_when_due(std::uint64_t time) {
    if (pulse_in_pipeline_ || state_machine_.pulse_next() > time) return;
    if (pool_.empty() || !can_prepare(wire::header_size)) return;
    wire::MessageRef message = pool_.acquire();
    const std::uint64_t step = state_machine_.timestamp_step(wire::Operation::pulse, {});
    make_internal_prepare(*message, speaker_, next_place(step), wire::Operation::pulse);
    pulse_in_pipeline_ = true;
    append(std::move(message));
}

LogPlace Replica::next_place(std::uint64_t step) {
    // Strictly after everything issued before, whatever the wall clock does (ledger spec, 4).
    const std::uint64_t base = std::max(timestamp_last_ + 1, wall_.nanoseconds);
    timestamp_last_ = base + step;
    return LogPlace{.op = head_.next(),
                    .parent = head_checksum_,
                    .commit = journal_->op_durable(),
                    .timestamp = timestamp_last_};
}

void Replica::append(wire::MessageRef prepare) {
    const auto& header = prepare->header<wire::PrepareHeader>();
    ELYTRA_ASSERT(header.op == head_.value + 1);
    ELYTRA_ASSERT(header.parent == head_checksum_);
    head_ = Op{header.op};
    head_checksum_ = header.frame.checksum;
    pipeline_bytes_ += storage::Journal::record_size(header.frame.size);
    journal_->append(prepare);
    pipeline_.push_back(PipelineEntry{.prepare = std::move(prepare)});
}

bool Replica::work() {
    if (status_ == ReplicaStatus::replaying) return replay();
    if (status_ != ReplicaStatus::normal) return false;
    if (!execution_.has_value()) {
        if (pipeline_executed_ == pipeline_.size() || pool_.empty()) return false;
        if (!checkpointer_->ready_to_execute() || checkpointer_->execution_ahead()) return false;
        begin_execution(pipeline_[pipeline_executed_].prepare);
    }
    std::optional<wire::MessageRef> reply = advance_execution();
    if (!reply.has_value()) return false;
    PipelineEntry& entry = pipeline_[pipeline_executed_];
    entry.reply = std::move(*reply);
    entry.executed = true;
    ++pipeline_executed_;
    answer_durable();
    prepare_pulse_when_due(timestamp_last_);
    return true;
}

void Replica::answer_durable() {
    while (!pipeline_.empty() && pipeline_.front().executed &&
           pipeline_.front().header().op <= journal_->op_durable().value) {
        PipelineEntry entry = pipeline_.pop_front();
        --pipeline_executed_;
        pipeline_bytes_ -= storage::Journal::record_size(entry.header().frame.size);
        if (entry.header().client == 0) {
            pulse_in_pipeline_ = false;
        } else {
            client_messages_.push_back({ClientId{entry.header().client}, std::move(entry.reply)});
        }
    }
    prepare_requests();
}

void Replica::clear_effects() {
    io_.clear();
    client_messages_.clear();
    traces_.clear();
}

}  // namespace elytra::vsr
