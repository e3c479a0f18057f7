#include "server/io/client.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "server/client/request.hpp"
#include "server/client/retry.hpp"
#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/io/client_link.hpp"
#include "server/io/clock.hpp"
#include "server/io/random.hpp"
#include "server/wire/body.hpp"
#include "server/wire/enum_names.hpp"

namespace elytra::io {
namespace {

// For each address: one message being received and those that wait to be sent; the request in
// flight and the one prepared next.
std::size_t messages_max(std::size_t addresses) { return addresses * (1 + link_queue_max) + 2; }

// The register request, and a ping in each place of the queues.
std::size_t control_messages_max(std::size_t addresses) { return 1 + addresses * link_queue_max; }

client::SessionOptions session_options(const ClientOptions& options) {
    return {.client = ClientId{random_u128() | 1},
            .cluster = options.cluster,
            .release = options.release,
            .address_count = narrow<std::uint8_t>(options.addresses.size()),
            .seed = random_u64()};
}

constexpr auto eviction_reasons = wire::enumerators<wire::EvictionReason, 8, 8>();
constexpr auto failure_kinds = wire::enumerators<client::FailureKind, 7, 6>();

}  // namespace

std::string to_text(const client::Failure& failure) {
    if (failure.kind == client::FailureKind::evicted) {
        return fmt::format("the session was evicted: {} (server release {})",
                           wire::find_name(eviction_reasons, failure.reason),
                           wire::to_text(failure.server_release));
    }
    return fmt::format("the server broke the protocol: {}",
                       wire::find_name(failure_kinds, failure.kind));
}

std::span<const std::byte> ClientReply::results() const {
    return client::results_of(operation, message);
}

Client::Client(asio::io_context& loop, const ClientOptions& options)
    : timer_(loop),
      control_messages_(control_messages_max(options.addresses.size()),
                        wire::header_size + wire::register_body_size),
      messages_(messages_max(options.addresses.size()), wire::message_size_max),
      prng_(random_u64()),
      session_(session_options(options), control_messages_) {
    for (const Address& address : options.addresses) {
        links_.push_back(std::make_unique<ClientLink>(
            loop, *this, ClientLink::Target{narrow<std::uint8_t>(links_.size()), address}));
    }
}

Client::~Client() { close(); }

void Client::connect(OnRegistered on_registered) {
    ELYTRA_ASSERT(!on_registered_ && !closed_);
    on_registered_ = std::move(on_registered);
    for (const auto& link : links_) link->connect();
}

void Client::submit(wire::Operation operation, std::span<const std::byte> events,
                    OnReply on_reply) {
    wire::MessageRef request = acquire();
    const std::uint32_t body_size =
        client::encode_batch(operation, events, request->body_capacity());
    client::prepare_request(*request, body_size);
    submit(operation, std::move(request), std::move(on_reply));
}

void Client::submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply) {
    ELYTRA_ASSERT(session_.idle() && !on_reply_);
    operation_ = operation;
    on_reply_ = std::move(on_reply);
    session_.submit(operation, std::move(request), monotonic_now());
    perform_effects();
}

wire::MessageRef Client::acquire() {
    ELYTRA_ASSERT(!messages_.empty());
    return messages_.acquire();
}

void Client::close() {
    closed_ = true;
    timer_.cancel();
    for (const auto& link : links_) link->close();
}

std::uint32_t Client::events_max(wire::Operation operation) const {
    ELYTRA_ASSERT(session_.batch_size_limit() > 0);
    return wire::events_max(operation, session_.batch_size_limit());
}

std::string Client::describe_links() const {
    std::string text;
    for (const auto& link : links_) {
        if (!text.empty()) text += ", ";
        text += link->describe();
    }
    return text;
}

void Client::on_link_up(std::uint8_t address) {
    session_.on_connected(address, monotonic_now());
    perform_effects();
}

void Client::on_link_down(std::uint8_t address) {
    session_.on_disconnected(address);
    perform_effects();
}

std::uint64_t Client::reconnect_delay(std::uint32_t attempts) {
    return client::reconnect_delay(attempts, prng_);
}

client::Verdict Client::on_message(std::uint8_t address, const wire::MessageRef& message) {
    const client::Verdict verdict = session_.on_message(address, message, monotonic_now());
    perform_effects();
    return verdict;
}

void Client::on_timer() {
    timer_at_ = client::never;
    const Instant now = monotonic_now();
    for (const auto& link : links_) {
        if (link->reconnect_at() <= now) link->connect();
    }
    session_.on_tick(now);
    perform_effects();
}

void Client::perform_effects() {
    for (const client::Effect& effect : session_.take_effects()) {
        if (closed_) return;
        if (const auto* send = std::get_if<client::Send>(&effect)) {
            // A full queue loses the message, as a network would: the session repeats it.
            links_[send->address]->send(send->message);
        } else if (const auto* registered = std::get_if<client::Registered>(&effect)) {
            on_registered_(registered->batch_size_limit);
        } else if (const auto* completed = std::get_if<client::Completed>(&effect)) {
            const OnReply report = std::exchange(on_reply_, nullptr);
            report(ClientReply{operation_, *completed->reply});
        } else if (const auto* failed = std::get_if<client::Failed>(&effect)) {
            fail(failed->failure);
        }
    }
    arm_timer();
}

void Client::fail(const client::Failure& failure) {
    failure_ = failure;
    const bool registered = session_.batch_size_limit() > 0;
    close();
    if (!registered) return on_registered_(Unexpected(failure));
    if (!on_reply_) return;  // the next submit would find failure()
    const OnReply report = std::exchange(on_reply_, nullptr);
    report(Unexpected(failure));
}

Instant Client::next_deadline() const {
    Instant next = session_.deadline();
    for (const auto& link : links_) next = std::min(next, link->reconnect_at());
    return next;
}

// An earlier timer is left alone: it fires, finds nothing to do, and is set again.
void Client::arm_timer() {
    const Instant next = next_deadline();
    if (closed_ || next >= timer_at_) return;
    timer_at_ = next;
    const Instant now = monotonic_now();
    const std::uint64_t wait = next > now ? next.nanoseconds - now.nanoseconds : 0;
    timer_.start(std::chrono::nanoseconds(wait), [this] { on_timer(); });
}

}  // namespace elytra::io
