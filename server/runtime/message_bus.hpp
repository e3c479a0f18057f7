#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "server/common/strong.hpp"
#include "server/io/logging.hpp"
#include "server/io/repeat_limit.hpp"
#include "server/io/tcp.hpp"
#include "server/wire/message.hpp"
#include "server/wire/peer.hpp"

namespace elytra::runtime {

// The connections of a server: cuts messages out of the byte streams, closes whoever sends garbage
// or speaks for a second client, and finds the connection of a client when there is something to
// send. Messages it hands out have intact checksums, a size within the limits and the right
// cluster; nothing else about them is checked. One thread.
class MessageBus final : public io::ConnectionOwner {
public:
    // More than the 64 sessions, so that a client that lost its connection gets in again at once.
    static constexpr std::size_t connections_max = 128;

    // Messages queued for one client before further ones are dropped. A client has one request in
    // flight; the rest is for pongs and for a reply that is sent again.
    static constexpr std::size_t messages_queued_max = 4;

    // `pool` is only for receiving; one message for each connection, and those that are handed out.
    MessageBus(ClusterId cluster, wire::MessagePool& pool, io::Log log);
    MessageBus(const MessageBus&) = delete;
    MessageBus& operator=(const MessageBus&) = delete;

    // Takes over a new connection, or closes it when there are too many.
    void accept(io::Socket socket);

    // To the connection on which this client was heard last. Dropped when there is none, or when
    // the client does not read; it will ask again.
    void send(ClientId client, wire::MessageRef message);

    // What has arrived since the last call, in the order of arrival.
    std::vector<wire::MessageRef> take_received();

    // Continues with connections that had to wait for a free buffer.
    void resume();

    // Called by the connections.
    void on_readable(io::Connection& connection) override;
    void on_lost(io::Connection& connection, io::ErrorCode reason) override;

private:
    struct Peer {
        Peer(io::Socket socket, MessageBus& bus)
            : connection(std::move(socket), bus, messages_queued_max) {}

        io::Connection connection;
        wire::Peer identity;
        wire::MessageRef receiving;
        std::size_t received = 0;  // bytes of `receiving`
        bool waits_for_buffer = false;
    };

    enum class Progress : std::uint8_t { more_needed, message_taken, buffer_needed, closed };

    Peer& peer_of(const io::Connection& connection);
    void receive(Peer& peer);
    void take_messages(Peer& peer);
    Progress take_message(Peer& peer);
    bool admit(Peer& peer, const wire::Message& message);
    wire::Verdict identify(Peer& peer, const wire::Message& message);
    void become_current(Peer& peer);
    void close(Peer& peer, std::string_view reason);
    void remove(const io::Connection& connection);

    ClusterId cluster_;
    wire::MessagePool& pool_;
    io::Log log_;
    io::RepeatLimit too_many_connections_;
    io::RepeatLimit foreign_cluster_;
    io::RepeatLimit send_queue_full_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<wire::MessageRef> received_;
};

}  // namespace elytra::runtime
