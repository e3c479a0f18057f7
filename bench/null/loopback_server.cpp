#include "bench/null/loopback_server.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "server/common/assert.hpp"
#include "server/io/message_reader.hpp"
#include "server/wire/admission.hpp"
#include "server/wire/body.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/release.hpp"

namespace elytra::bench {
namespace {

// A client has one request in flight; more replies than these wait only for one that does not read.
constexpr std::size_t replies_queued_max = 3;

// Each session keeps a reply, each connection may hold a request, and one reply is being made.
constexpr std::size_t messages_max =
    LoopbackServer::sessions_max + LoopbackServer::connections_max * (1 + replies_queued_max) + 1;

wire::Frame frame_of(const wire::Frame& asked, wire::Command command) {
    wire::Frame frame;
    frame.cluster = asked.cluster;
    frame.release = asked.release;
    frame.command = static_cast<std::uint8_t>(command);
    return frame;
}

std::size_t write_registration(std::span<std::byte> body) {
    const auto result = body.first(wire::register_result_size);
    std::ranges::fill(result, std::byte{0});
    const std::uint32_t request_body_max = wire::body_size_max;
    std::memcpy(result.data(), &request_body_max, sizeof(request_body_max));
    return result.size();
}

}  // namespace

class LoopbackServer::Peer final : public io::ConnectionOwner {
public:
    Peer(LoopbackServer& server, io::Socket socket)
        : server_(server),
          connection_(std::move(socket), *this, replies_queued_max),
          reader_(server.pool_, wire::message_size_max) {
        connection_.await_readable();
    }

    void on_readable(io::Connection& connection) override {
        while (connection.is_open()) {
            const auto message = reader_.next(connection);
            if (!message.has_value()) break;
            if (!*message) return connection.await_readable();
            server_.on_message(*this, **message);
        }
        server_.drop(*this);
    }

    void on_lost(io::Connection&, io::ErrorCode) override { server_.drop(*this); }

    // A client that does not take its replies loses its connection.
    void send(wire::MessageRef message) {
        if (!connection_.send(std::move(message))) connection_.close();
    }

private:
    LoopbackServer& server_;
    io::Connection connection_;
    io::MessageReader reader_;
};

LoopbackServer::LoopbackServer(Executor& executor)
    : executor_(executor), pool_(messages_max, wire::message_size_max) {}

LoopbackServer::~LoopbackServer() = default;

void LoopbackServer::serve(io::Listener& listener) {
    listener.start([this](io::Socket socket) { accept(std::move(socket)); });
}

void LoopbackServer::accept(io::Socket socket) {
    if (peers_.size() >= connections_max) return;
    peers_.push_back(std::make_unique<Peer>(*this, std::move(socket)));
}

void LoopbackServer::drop(const Peer& peer) {
    std::erase_if(peers_, [&peer](const auto& held) { return held.get() == &peer; });
}

void LoopbackServer::on_message(Peer& peer, const wire::Message& message) {
    const auto command = static_cast<wire::Command>(message.frame().command);
    if (command == wire::Command::ping_client) {
        return on_ping(peer, message.header<wire::PingClientHeader>());
    }
    if (command == wire::Command::request) on_request(peer, message);
}

void LoopbackServer::on_ping(Peer& peer, const wire::PingClientHeader& ping) {
    if (!wire::well_formed(ping)) return;
    wire::PongClientHeader pong;
    pong.frame = frame_of(ping.frame, wire::Command::pong_client);
    pong.frame.release = wire::release_server.value;
    pong.ping_timestamp_monotonic = ping.ping_timestamp_monotonic;
    wire::seal(pong, {});
    wire::MessageRef message = pool_.acquire();
    message->header<wire::PongClientHeader>() = pong;
    peer.send(std::move(message));
}

void LoopbackServer::on_request(Peer& peer, const wire::Message& message) {
    const auto& request = message.header<wire::RequestHeader>();
    if (!wire::well_formed(request)) return;
    const auto refused = wire::refuse_request(request, message.body(), {});
    if (refused.has_value()) return evict(peer, request, *refused);
    Session* const session = session_for(peer, request);
    if (session == nullptr) return;
    session->request = request.request;
    session->reply = execute(message);
    peer.send(session->reply);
}

LoopbackServer::Session* LoopbackServer::session_for(Peer& peer,
                                                     const wire::RequestHeader& request) {
    const auto session = std::ranges::find(sessions_, request.client, &Session::client);
    if (session != sessions_.end()) {
        if (request.request > session->request) return &*session;
        if (request.request == session->request) peer.send(session->reply);
        return nullptr;
    }
    if (request.operation != static_cast<std::uint8_t>(wire::Operation::register_session)) {
        evict(peer, request, wire::EvictionReason::no_session);
        return nullptr;
    }
    if (sessions_.size() == sessions_max) sessions_.erase(sessions_.begin());
    sessions_.push_back({.client = request.client, .request = 0, .reply = {}});
    return &sessions_.back();
}

wire::MessageRef LoopbackServer::execute(const wire::Message& request) {
    const auto& asked = request.header<wire::RequestHeader>();
    const auto operation = static_cast<wire::Operation>(asked.operation);
    wire::MessageRef message = pool_.acquire();
    ++op_;
    Executor::Outcome outcome{.timestamp = 1};
    if (operation == wire::Operation::register_session) {
        outcome.size = write_registration(message->body_capacity());
    } else if (wire::traits_of(operation).kind != wire::OperationKind::control) {
        outcome = executor_.execute(operation, request.body(), message->body_capacity());
    }
    wire::ReplyHeader& reply = message->header<wire::ReplyHeader>();
    reply = wire::ReplyHeader{};
    reply.frame = frame_of(asked.frame, wire::Command::reply);
    reply.frame.size = wire::header_size + narrow<std::uint32_t>(outcome.size);
    reply.request_checksum = asked.frame.checksum;
    reply.client = asked.client;
    reply.op = reply.commit = op_;
    reply.timestamp = outcome.timestamp;
    reply.request = asked.request;
    reply.operation = asked.operation;
    wire::seal_reply(reply, message->body());
    return message;
}

void LoopbackServer::evict(Peer& peer, const wire::RequestHeader& request,
                           wire::EvictionReason reason) {
    wire::EvictionHeader eviction;
    eviction.frame = frame_of(request.frame, wire::Command::eviction);
    eviction.frame.release = wire::release_server.value;
    eviction.client = request.client;
    eviction.reason = static_cast<std::uint8_t>(reason);
    wire::seal(eviction, {});
    wire::MessageRef message = pool_.acquire();
    message->header<wire::EvictionHeader>() = eviction;
    peer.send(std::move(message));
}

}  // namespace elytra::bench
