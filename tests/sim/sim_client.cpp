#include "tests/sim/sim_client.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/client/request.hpp"
#include "server/wire/body.hpp"
#include "server/wire/decode.hpp"
#include "tests/sim/violation.hpp"

namespace elytra::sim {
namespace {

constexpr std::size_t messages_max = 8;

}  // namespace

SimClient::SimClient(const Options& options)
    : options_(options), prng_(options.seed), pool_(messages_max, wire::message_size_max) {
    start_session();
}

void SimClient::start_session() {
    id_ = ClientId{prng_.next_u128() | 1};
    session_.emplace(
        client::SessionOptions{.client = id_, .cluster = options_.cluster, .seed = prng_.next()},
        pool_);
}

void SimClient::connect(Instant now) {
    connected_ = true;
    session_->on_connected(0, now);
    take_effects(now);
}

void SimClient::disconnect() {
    connected_ = false;
    session_->on_disconnected(0);
}

void SimClient::tick(Instant now, Workload* workload) {
    session_->on_tick(now);
    take_effects(now);
    if (workload == nullptr || !session_->idle()) return;
    if (prng_.chance(options_.think_percent, 100)) return;
    submit(*workload, now);
}

void SimClient::submit(Workload& workload, Instant now) {
    const Workload::Request request = workload.next(session_->batch_size_limit());
    wire::MessageRef message = pool_.acquire();
    std::uint32_t body_size = 0;
    if (wire::traits_of(request.operation).kind != wire::OperationKind::control) {
        body_size =
            client::encode_batch(request.operation, request.events, message->body_capacity());
    }
    client::prepare_request(*message, body_size);
    session_->submit(request.operation, std::move(message), now);
    take_effects(now);
}

void SimClient::receive(std::span<const std::byte> bytes, Instant now) {
    const auto size = wire::decode_header(bytes, wire::message_size_max);
    if (!connected_ || !size.has_value() || *size != bytes.size()) return;
    wire::MessageRef message = pool_.acquire();
    std::ranges::copy(bytes, message->receive_capacity().begin());
    if (!wire::body_intact(*message)) return;
    session_->on_message(0, message, now);
    take_effects(now);
}

void SimClient::take_effects(Instant now) {
    const client::Effects effects = session_->take_effects();
    for (const client::Effect& effect : effects) {
        if (const auto* send = std::get_if<client::Send>(&effect)) {
            const auto bytes = send->message->bytes();
            sent_.emplace_back(bytes.begin(), bytes.end());
        } else if (const auto* completed = std::get_if<client::Completed>(&effect)) {
            const Op op{completed->reply->header<wire::ReplyHeader>().op};
            require(op > op_seen_, "K4: the op of a later request is not larger");
            op_seen_ = op;
            ++answered_;
        } else if (const auto* failed = std::get_if<client::Failed>(&effect)) {
            return on_failed(failed->failure, now);
        }
    }
}

void SimClient::on_failed(const client::Failure& failure, Instant now) {
    require(failure.kind == client::FailureKind::evicted, "K3: the server breaks the protocol");
    require(failure.reason == wire::EvictionReason::no_session ||
                failure.reason == wire::EvictionReason::session_too_low,
            "K13: an eviction without reason");
    ++evicted_;
    start_session();
    if (connected_) connect(now);
}

std::vector<std::vector<std::byte>> SimClient::take_sent() { return std::exchange(sent_, {}); }

}  // namespace elytra::sim
