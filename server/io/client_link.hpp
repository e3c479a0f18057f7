#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/common/time.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/message_reader.hpp"
#include "server/io/tcp.hpp"
#include "server/wire/message.hpp"

namespace elytra::io {

class Client;

inline constexpr std::size_t link_queue_max = 4;  // messages waiting to be sent to one address

// The way of a client to one address: connected, connecting, or waiting to connect again. Lives as
// long as its client, on the client's thread.
class ClientLink final : public ConnectionOwner {
public:
    struct Target {
        std::uint8_t index = 0;
        Address address;
    };

    ClientLink(asio::io_context& loop, Client& client, const Target& target);
    ClientLink(const ClientLink&) = delete;
    ClientLink& operator=(const ClientLink&) = delete;

    ~ClientLink() { close(); }

    // Requires: reconnect_at() was reached, or nothing has been tried yet.
    void connect();

    void send(const wire::MessageRef& message);

    // Nothing is reported any more.
    void close();

    // `client::never` while connected, connecting or closed.
    Instant reconnect_at() const { return reconnect_at_; }

    std::string describe() const;

    void on_readable(Connection& connection) override;
    void on_lost(Connection& connection, ErrorCode reason) override;

private:
    void on_connect(ErrorCode error, Socket socket);
    void drop(std::string reason);
    void retry_later(std::string reason);

    Client& client_;
    Target target_;
    Connector connector_;
    std::optional<Connection> connection_;  // absent while not connected
    std::optional<MessageReader> reader_;
    std::uint32_t attempts_ = 0;  // since the peer was last heard of
    Instant reconnect_at_;
    std::string problem_;  // what ended the last attempt or connection
};

}  // namespace elytra::io
