#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "server/common/result.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/wire/message.hpp"

namespace elytra::io {

struct SocketError {
    int os_error = 0;
    Address address;
    std::string reason;
    std::string advice;  // may be empty
};

// cannot listen on 127.0.0.1:3000: Address already in use; ...
std::string to_text(const SocketError& error);

// A connection that has just come into being, with all socket options set.
using Socket = asio::ip::tcp::socket;

// Binds early, so that a conflict shows before anything slow, and accepts when told. Requires, at
// destruction: the io_context does not run any more.
class Listener {
public:
    using OnAccept = std::function<void(Socket)>;

    explicit Listener(asio::io_context& loop);

    // Binds and listens: from now on the system queues connections.
    Result<void, SocketError> open(const Address& address);

    // The address in use; its port is the one chosen by the system where 0 was asked for.
    Address address() const { return address_; }

    // Requires: opened. Until close(), every connection is handed to `on_accept`.
    void start(OnAccept on_accept);

    void close();

private:
    void accept_next();
    void on_accepted(ErrorCode error, Socket socket);

    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    Address address_;
    OnAccept on_accept_;
};

// Opens one connection at a time. The destructor cancels; the handler is then not called.
class Connector {
public:
    using OnConnect = std::function<void(ErrorCode, Socket)>;

    explicit Connector(asio::io_context& loop) : loop_(loop) {}

    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    ~Connector();

    // Requires: no attempt in progress.
    void connect(const Address& address, OnConnect on_connect);

private:
    struct Attempt;

    asio::io_context& loop_;
    std::shared_ptr<Attempt> attempt_;  // shared with the pending handler, which may outlive us
};

class Connection;

// Who decides about a connection. Outlives it or closes it first.
class ConnectionOwner {
public:
    virtual void on_readable(Connection& connection) = 0;

    // A write failed because the peer is gone. The connection is already closed.
    virtual void on_lost(Connection& connection, ErrorCode reason) = 0;

protected:
    ~ConnectionOwner() = default;
};

// One TCP connection: bytes in when the owner asks, whole messages out through a bounded queue. An
// idle connection holds no buffer. May be destroyed at any time, also by its owner's on_readable()
// and on_lost(), and is then closed. One thread.
class Connection {
public:
    Connection(Socket socket, ConnectionOwner& owner, std::size_t messages_queued_max);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // One on_readable() follows as soon as there is something to read, be it the end of the stream.
    // Asking again before it has come changes nothing.
    void await_readable();

    // What is there now, without waiting: 0 means nothing yet. The end of the stream is an error
    // (asio::error::eof); after an error the owner closes, on_lost() does not come. Requires: open.
    Result<std::size_t, ErrorCode> read(std::span<std::byte> buffer);

    // Queues a message behind the earlier ones and holds it until its last byte is with the kernel.
    // False: the queue is full or the connection is closed, and the message is dropped.
    bool send(wire::MessageRef message);

    // Ends both directions at once and drops what is queued. The owner hears nothing more.
    void close();

    bool is_open() const;

    const Address& peer() const { return peer_; }

private:
    class Link;

    std::shared_ptr<Link> link_;  // shared with its pending handlers, which may run after us
    Address peer_;
};

}  // namespace elytra::io
