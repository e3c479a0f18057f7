#include "server/runtime/message_bus.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/text.hpp"
#include "server/io/clock.hpp"
#include "server/wire/decode.hpp"

namespace elytra::runtime {

MessageBus::MessageBus(ClusterId cluster, wire::MessagePool& pool, io::Log log)
    : cluster_(cluster), pool_(pool), log_(std::move(log)) {
    peers_.reserve(connections_max);
}

void MessageBus::accept(io::Socket socket) {
    if (peers_.size() == connections_max) {
        if (const auto count = too_many_connections_.admit(io::monotonic_now())) {
            log_.warning("connection refused: {} clients are connected already ({} times)",
                         connections_max, *count);
        }
        return;
    }
    peers_.push_back(std::make_unique<Peer>(std::move(socket), *this));
    peers_.back()->connection.await_readable();
}

void MessageBus::send(ClientId client, wire::MessageRef message) {
    const auto found = std::ranges::find_if(
        peers_, [client](const auto& peer) { return peer->identity.client() == client; });
    if (found == peers_.end()) return;
    if ((*found)->connection.send(std::move(message))) return;
    if (const auto count = send_queue_full_.admit(io::monotonic_now())) {
        log_.warning("client {} does not read its replies, message dropped ({} times)",
                     to_hex(client.value), *count);
    }
}

std::vector<wire::MessageRef> MessageBus::take_received() { return std::exchange(received_, {}); }

void MessageBus::resume() {
    for (std::size_t index = 0; index < peers_.size() && !pool_.empty(); ++index) {
        Peer& peer = *peers_[index];
        if (std::exchange(peer.waits_for_buffer, false)) take_messages(peer);
    }
}

MessageBus::Peer& MessageBus::peer_of(const io::Connection& connection) {
    const auto found = std::ranges::find_if(
        peers_, [&](const auto& peer) { return &peer->connection == &connection; });
    ELYTRA_ASSERT(found != peers_.end());
    return **found;
}

void MessageBus::on_readable(io::Connection& connection) { receive(peer_of(connection)); }

void MessageBus::on_lost(io::Connection& connection, io::ErrorCode reason) {
    log_.debug("connection to {} lost: {}", io::to_text(connection.peer()), reason.message());
    remove(connection);
}

void MessageBus::receive(Peer& peer) {
    if (!peer.receiving) {
        if (pool_.empty()) {
            peer.waits_for_buffer = true;
            return;
        }
        peer.receiving = pool_.acquire();
        peer.received = 0;
    }
    const auto count =
        peer.connection.read(peer.receiving->receive_capacity().subspan(peer.received));
    if (!count.has_value()) return close(peer, count.error().message());
    peer.received += *count;
    if (peer.received == 0) peer.receiving.reset();
    take_messages(peer);
}

// Hands out the complete messages and then waits for more bytes, or for a buffer to put them in.
void MessageBus::take_messages(Peer& peer) {
    Progress progress = Progress::message_taken;
    while (progress == Progress::message_taken) progress = take_message(peer);
    if (progress == Progress::buffer_needed) peer.waits_for_buffer = true;
    if (progress == Progress::more_needed) peer.connection.await_readable();
}

MessageBus::Progress MessageBus::take_message(Peer& peer) {
    if (!peer.receiving || peer.received < wire::header_size) return Progress::more_needed;
    const auto bytes = peer.receiving->receive_capacity().first(peer.received);
    const auto size = wire::decode_header(bytes, wire::message_size_max);
    if (!size.has_value()) {
        close(peer, "what it sends is not a message");
        return Progress::closed;
    }
    if (peer.received < *size) return Progress::more_needed;
    const std::size_t surplus = peer.received - *size;
    if (surplus > 0 && pool_.empty()) return Progress::buffer_needed;
    wire::MessageRef message = std::move(peer.receiving);
    peer.received = surplus;
    if (surplus > 0) {
        peer.receiving = pool_.acquire();
        std::memcpy(peer.receiving->receive_capacity().data(), bytes.data() + *size, surplus);
    }
    if (!admit(peer, *message)) return Progress::closed;
    received_.push_back(std::move(message));
    return Progress::message_taken;
}

// The checks of a complete message whose failure closes the connection (wire spec, 1.2).
bool MessageBus::admit(Peer& peer, const wire::Message& message) {
    if (!wire::body_intact(message)) {
        close(peer, "a message body does not match its checksum");
        return false;
    }
    if (identify(peer, message) == wire::Verdict::close) {
        close(peer, "it speaks for two clients");
        return false;
    }
    const ClusterId cluster{message.frame().cluster};
    if (cluster != cluster_) {
        if (const auto count = foreign_cluster_.admit(io::monotonic_now())) {
            log_.warning("{} wants cluster {}, this is cluster {}; connection closed ({} times)",
                         io::to_text(peer.connection.peer()), to_decimal(cluster.value),
                         to_decimal(cluster_.value), *count);
        }
        close(peer, "its cluster is another one");
        return false;
    }
    return true;
}

wire::Verdict MessageBus::identify(Peer& peer, const wire::Message& message) {
    ClientId client;
    wire::Verdict verdict = wire::Verdict::keep;
    if (message.frame().command == static_cast<std::uint8_t>(wire::Command::ping_client)) {
        client = ClientId{message.header<wire::PingClientHeader>().client};
        if (client.value != 0) verdict = peer.identity.on_ping(client);
    } else if (message.frame().command == static_cast<std::uint8_t>(wire::Command::request)) {
        client = ClientId{message.header<wire::RequestHeader>().client};
        if (client.value != 0) verdict = peer.identity.on_request(client);
    }
    if (client.value != 0 && verdict == wire::Verdict::keep) become_current(peer);
    return verdict;
}

// A client has one connection to each replica, so an older one with the same client is a dead one
// whose end has not been noticed yet. The connection heard last gets the replies.
void MessageBus::become_current(Peer& peer) {
    const std::optional<ClientId> client = peer.identity.client();
    const auto stale = std::ranges::find_if(peers_, [&](const auto& other) {
        return other.get() != &peer && other->identity.client() == client;
    });
    if (stale != peers_.end()) close(**stale, "its client has connected again");
}

void MessageBus::close(Peer& peer, std::string_view reason) {
    log_.debug("connection to {} closed: {}", io::to_text(peer.connection.peer()), reason);
    remove(peer.connection);
}

void MessageBus::remove(const io::Connection& connection) {
    std::erase_if(peers_, [&](const auto& peer) { return &peer->connection == &connection; });
}

}  // namespace elytra::runtime
