#include "server/client/session.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "server/client/request.hpp"
#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/wire/body.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::client {
namespace {

constexpr std::uint32_t bit(std::uint8_t address) { return 1U << address; }

Instant after(Instant now, std::uint64_t nanoseconds) {
    return Instant{now.nanoseconds + nanoseconds};
}

std::uint32_t microseconds_between(Instant begin, Instant end) {
    const std::uint64_t elapsed =
        end < begin ? 0 : (end.nanoseconds - begin.nanoseconds) / nanoseconds_per_microsecond;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(elapsed, std::numeric_limits<std::uint32_t>::max()));
}

bool is(const wire::Frame& frame, wire::Command command) {
    return frame.command == static_cast<std::uint8_t>(command);
}

}  // namespace

Session::Session(const SessionOptions& options, wire::MessagePool& pool)
    : options_(options), pool_(pool), prng_(options.seed), retry_at_(never), ping_at_(never) {
    ELYTRA_ASSERT(options.client.value != 0 && options.release.value != 0);
    ELYTRA_ASSERT(options.address_count >= 1 && options.address_count <= wire::addresses_max);
    create_register();
}

void Session::create_register() {
    wire::MessageRef message = pool_.acquire();
    std::memset(message->body_capacity().data(), 0, wire::register_body_size);
    prepare_request(*message, wire::register_body_size);
    start(wire::Operation::register_session, std::move(message));
}

void Session::submit(wire::Operation operation, wire::MessageRef request, Instant now) {
    ELYTRA_ASSERT(state_ == State::idle);
    ELYTRA_ASSERT(operation != wire::Operation::register_session);
    ELYTRA_ASSERT(wire::body_valid(operation, request->body(), batch_size_limit_));
    state_ = State::waiting;
    ++request_number_;
    start(operation, std::move(request));
    transmit_first(now);
}

void Session::start(wire::Operation operation, wire::MessageRef request) {
    ELYTRA_ASSERT(!request_);
    operation_ = operation;
    request_ = std::move(request);
    wire::RequestHeader& header = request_->header<wire::RequestHeader>();
    header.frame.cluster = options_.cluster.value;
    header.frame.view = view_;
    header.frame.release = options_.release.value;
    header.frame.command = static_cast<std::uint8_t>(wire::Command::request);
    header.parent = parent_;
    header.client = options_.client.value;
    header.session = session_;
    header.request = request_number_;
    header.operation = static_cast<std::uint8_t>(operation);
    header.previous_request_latency = latency_microseconds_;
    wire::seal_header(header);
    ELYTRA_ASSERT(wire::well_formed(header));
    carrying_ = 0;
    transmissions_ = 0;
    retry_at_ = never;
}

void Session::on_connected(std::uint8_t address, Instant now) {
    ELYTRA_ASSERT(address < options_.address_count && !connected(address));
    if (state_ == State::failed) return;
    connected_ |= bit(address);
    if (connected_ == bit(address)) ping_at_ = after(now, ping_interval_nanoseconds);
    if (in_flight() && (carrying_ == 0 || address == primary())) {
        transmit(address);
        if (transmissions_ == 0) started_ = now;
        if (retry_at_ == never) schedule_retry(now);
    }
    ping(address, now);
}

void Session::on_disconnected(std::uint8_t address) {
    if (state_ == State::failed) return;
    ELYTRA_ASSERT(connected(address));
    connected_ &= ~bit(address);
    carrying_ &= ~bit(address);
    if (connected_ == 0) ping_at_ = never;
}

void Session::on_tick(Instant now) {
    if (state_ == State::failed) return;
    if (in_flight() && now >= retry_at_) retransmit(now);
    if (now < ping_at_) return;
    for (std::uint8_t address = 0; address < options_.address_count; ++address) {
        if (connected(address)) ping(address, now);
    }
    ping_at_ = after(now, ping_interval_nanoseconds);
}

Instant Session::deadline() const { return std::min(retry_at_, ping_at_); }

Effects Session::take_effects() {
    Effects taken = std::move(effects_);
    effects_.clear();
    return taken;
}

void Session::transmit(std::uint8_t address) {
    ELYTRA_ASSERT(connected(address));
    effects_.push_back(Send{address, request_});
    carrying_ |= bit(address);
}

void Session::transmit_first(Instant now) {
    started_ = now;
    if (connected_ == 0) return;  // on_connected() will
    transmit(connected(primary()) ? primary() : choose(connected_));
    schedule_retry(now);
}

// Besides the primary as far as we know, some other replica: it forwards the request should the
// view have changed.
void Session::retransmit(Instant now) {
    std::uint32_t others = connected_;
    if (connected(primary())) {
        transmit(primary());
        others &= ~bit(primary());
    }
    if (others != 0) transmit(choose(others));
    if (connected_ == 0) {
        retry_at_ = never;
    } else {
        schedule_retry(now);
    }
}

void Session::schedule_retry(Instant now) {
    ++transmissions_;
    retry_at_ = after(now, retry_delay(transmissions_, round_trips_, prng_));
}

void Session::ping(std::uint8_t address, Instant now) {
    if (pool_.empty()) return;
    wire::MessageRef message = pool_.acquire();
    wire::PingClientHeader& header = message->header<wire::PingClientHeader>();
    header = wire::PingClientHeader{};
    header.frame.cluster = options_.cluster.value;
    header.frame.release = options_.release.value;
    header.frame.command = static_cast<std::uint8_t>(wire::Command::ping_client);
    header.client = options_.client.value;
    header.ping_timestamp_monotonic = now.nanoseconds;
    header.session = session_;
    wire::seal(header, {});
    pinged_[address] = now;
    effects_.push_back(Send{address, std::move(message)});
}

Verdict Session::on_message(std::uint8_t address, const wire::MessageRef& message, Instant now) {
    ELYTRA_ASSERT(address < options_.address_count);
    const wire::Frame& frame = message->frame();
    if (frame.cluster != options_.cluster.value) return Verdict::close_connection;
    if (state_ == State::failed) return Verdict::ignored;
    if (is(frame, wire::Command::reply)) return on_reply(message, now);
    if (is(frame, wire::Command::pong_client)) {
        return on_pong(address, message->header<wire::PongClientHeader>(), now);
    }
    if (is(frame, wire::Command::eviction)) {
        return on_eviction(message->header<wire::EvictionHeader>());
    }
    return Verdict::ignored;
}

Verdict Session::on_pong(std::uint8_t address, const wire::PongClientHeader& header, Instant now) {
    if (!wire::well_formed(header)) return Verdict::ignored;
    view_ = std::max(view_, header.frame.view);
    // A timestamp that is not that of our last ping would make the estimate absurd.
    const Instant pinged = pinged_[address];
    if (header.ping_timestamp_monotonic == pinged.nanoseconds && pinged <= now) {
        round_trips_.record(address, now.nanoseconds - pinged.nanoseconds);
    }
    return Verdict::taken;
}

Verdict Session::on_eviction(const wire::EvictionHeader& header) {
    if (!wire::well_formed(header) || header.client != options_.client.value ||
        header.frame.view < view_) {
        return Verdict::ignored;
    }
    return fail({.kind = FailureKind::evicted,
                 .reason = static_cast<wire::EvictionReason>(header.reason),
                 .server_release = wire::Release{header.frame.release}});
}

Verdict Session::on_reply(const wire::MessageRef& message, Instant now) {
    const wire::ReplyHeader& header = message->header<wire::ReplyHeader>();
    if (!wire::well_formed(header) || header.client != options_.client.value) {
        return Verdict::ignored;
    }
    if (header.frame.release != options_.release.value) {
        return fail({.kind = FailureKind::reply_release_mismatch});
    }
    if (header.request > request_number_) {
        return fail({.kind = FailureKind::reply_to_unknown_request});
    }
    view_ = std::max(view_, header.frame.view);
    if (!in_flight() || header.request < request_number_) return Verdict::ignored;
    return on_reply_in_flight(message, now);
}

Verdict Session::on_reply_in_flight(const wire::MessageRef& message, Instant now) {
    const wire::ReplyHeader& header = message->header<wire::ReplyHeader>();
    if (header.request_checksum != request_->frame().checksum) {
        return fail({.kind = FailureKind::reply_to_other_request});
    }
    if (header.operation != static_cast<std::uint8_t>(operation_)) {
        return fail({.kind = FailureKind::reply_operation_mismatch});
    }
    const bool registering = state_ == State::registering;
    if (!registering && !reply_body_valid(operation_, request_->body(), message->body())) {
        return fail({.kind = FailureKind::reply_body_invalid});
    }
    if (registering && !take_registration(*message)) {
        return fail({.kind = FailureKind::batch_size_limit_invalid});
    }
    parent_ = header.context;
    latency_microseconds_ = microseconds_between(started_, now);
    request_.reset();
    retry_at_ = never;
    state_ = State::idle;
    if (registering) {
        effects_.push_back(Registered{batch_size_limit_});
    } else {
        effects_.push_back(Completed{message});
    }
    return Verdict::taken;
}

// The register reply names the session by its own place in the log.
bool Session::take_registration(const wire::Message& reply) {
    const auto limit = wire::load<std::uint32_t>(reply.body(), 0);
    if (limit == 0 || limit > wire::body_size_max) return false;
    batch_size_limit_ = limit;
    session_ = reply.header<wire::ReplyHeader>().commit;
    return true;
}

Verdict Session::fail(Failure failure) {
    state_ = State::failed;
    request_.reset();
    retry_at_ = never;
    ping_at_ = never;
    effects_.push_back(Failed{failure});
    return Verdict::taken;
}

std::uint8_t Session::primary() const {
    return static_cast<std::uint8_t>(view_ % options_.address_count);
}

std::uint8_t Session::choose(std::uint32_t addresses) {
    ELYTRA_ASSERT(addresses != 0);
    const auto candidates = static_cast<std::uint64_t>(std::popcount(addresses));
    for (std::uint64_t skipped = prng_.below(candidates); skipped > 0; --skipped) {
        addresses &= addresses - 1;
    }
    return static_cast<std::uint8_t>(std::countr_zero(addresses));
}

}  // namespace elytra::client
