#include "server/io/tcp.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "server/common/prng.hpp"
#include "server/wire/header.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::test::run_until;

namespace {

constexpr std::size_t queue_max = 4;

// Keeps every byte it is sent, like an application that never falls behind unless told to.
class Collector final : public ConnectionOwner {
public:
    explicit Collector(Socket socket) : connection_(std::move(socket), *this, queue_max) {
        connection_.await_readable();
    }

    void on_readable(Connection& connection) override {
        std::vector<std::byte> buffer(chunk_size);
        const auto count = connection.read(buffer);
        if (!count.has_value()) {
            ended_ = count.error();
            return connection.close();
        }
        received_.insert(received_.end(), buffer.begin(),
                         buffer.begin() + static_cast<std::ptrdiff_t>(*count));
        connection.await_readable();
    }

    void on_lost(Connection&, ErrorCode reason) override { lost_ = reason; }

    Connection& connection() { return connection_; }

    const std::vector<std::byte>& received() const { return received_; }

    std::optional<ErrorCode> ended() const { return ended_; }

    std::optional<ErrorCode> lost() const { return lost_; }

private:
    static constexpr std::size_t chunk_size = 1000;  // splits every message somewhere

    Connection connection_;
    std::vector<std::byte> received_;
    std::optional<ErrorCode> ended_;
    std::optional<ErrorCode> lost_;
};

// A listener on a port of the system's choice, and one connection with both its ends.
struct Pair {
    asio::io_context loop;
    wire::MessagePool pool{2 * queue_max, wire::message_size_max};
    Listener listener{loop};
    Connector connector{loop};
    std::optional<Socket> accepted;
    std::optional<Socket> connected;

    Pair() {
        REQUIRE(listener.open(loopback(0)).has_value());
        listener.start([this](Socket socket) { accepted.emplace(std::move(socket)); });
        connector.connect(listener.address(), [this](ErrorCode error, Socket socket) {
            REQUIRE_FALSE(error);
            connected.emplace(std::move(socket));
        });
        run_until(loop, [this] { return accepted && connected; });
    }

    wire::MessageRef message(std::uint32_t size) {
        wire::MessageRef message = pool.acquire();
        Prng prng(size);
        for (std::byte& byte : message->receive_capacity().first(size)) {
            byte = static_cast<std::byte>(prng.next());
        }
        message->frame().size = size;
        return message;
    }
};

int option(Socket& socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    REQUIRE(getsockopt(socket.native_handle(), level, name, &value, &size) == 0);
    return value;
}

}  // namespace

TEST_CASE("messages arrive whole and in order, however the stream is cut") {
    Pair pair;
    Collector server(std::move(*pair.accepted));
    Collector client(std::move(*pair.connected));
    std::vector<std::byte> sent;
    const std::uint32_t sizes[] = {wire::header_size, wire::message_size_max, 257, 4096};
    for (const std::uint32_t size : sizes) {
        wire::MessageRef message = pair.message(size);
        sent.insert(sent.end(), message->bytes().begin(), message->bytes().end());
        REQUIRE(client.connection().send(std::move(message)));
    }
    run_until(pair.loop, [&] { return server.received().size() == sent.size(); });
    CHECK(server.received() == sent);
    CHECK(pair.pool.free_count() == 2 * queue_max);
    REQUIRE(server.connection().send(pair.message(300)));
    run_until(pair.loop, [&] { return client.received().size() == 300; });
}

TEST_CASE("a full queue refuses a message and lets it go") {
    Pair pair;
    Collector client(std::move(*pair.connected));
    const wire::MessageRef message = pair.message(wire::message_size_max);
    // Nobody reads at the other end, so the kernel's buffers fill up first.
    std::size_t accepted = 0;
    while (client.connection().send(message)) ++accepted;
    CHECK(accepted >= queue_max);
    CHECK(client.connection().is_open());
    CHECK_FALSE(client.connection().send(message));

    Collector server(std::move(*pair.accepted));
    const std::size_t expected = accepted * wire::message_size_max;
    run_until(pair.loop, [&] { return server.received().size() == expected; });
    CHECK(client.connection().send(message));
}

TEST_CASE("the end of the stream shows as a read error") {
    Pair pair;
    Collector server(std::move(*pair.accepted));
    {
        Collector client(std::move(*pair.connected));
        REQUIRE(client.connection().send(pair.message(300)));
    }
    run_until(pair.loop, [&] { return server.ended().has_value(); });
    CHECK(server.received().size() == 300);
    CHECK(server.ended() == ErrorCode(asio::error::eof));
    CHECK_FALSE(server.connection().is_open());
    CHECK_FALSE(server.lost().has_value());
}

TEST_CASE("a failed write closes the connection and tells its owner once, from the loop") {
    Pair pair;
    Collector client(std::move(*pair.connected));
    Collector server(std::move(*pair.accepted));
    server.connection().close();
    const wire::MessageRef message = pair.message(wire::message_size_max);
    std::size_t rounds = 0;
    while (!client.lost() && !client.ended() && ++rounds < 100) {
        client.connection().send(message);
        CHECK(client.connection().is_open());
        pair.loop.restart();
        pair.loop.poll();
    }
    CHECK((client.lost() || client.ended()));
    CHECK_FALSE(client.connection().is_open());
    CHECK_FALSE(client.connection().send(message));
}

TEST_CASE("an owner may destroy its connection while it is told of something") {
    class Quitter final : public ConnectionOwner {
    public:
        explicit Quitter(Socket socket) {
            connection_.emplace(std::move(socket), *this, queue_max);
            connection_->await_readable();
        }

        void on_readable(Connection&) override { connection_.reset(); }

        void on_lost(Connection&, ErrorCode) override {}

        bool quit() const { return !connection_; }

    private:
        std::optional<Connection> connection_;
    };

    Pair pair;
    Quitter server(std::move(*pair.accepted));
    Collector client(std::move(*pair.connected));
    REQUIRE(client.connection().send(pair.message(300)));
    run_until(pair.loop, [&] { return server.quit() && client.ended(); });
}

TEST_CASE("both ends know each other's address") {
    Pair pair;
    Collector client(std::move(*pair.connected));
    CHECK(pair.listener.address().port != 0);
    CHECK(to_text(client.connection().peer()) == to_text(pair.listener.address()));
}

TEST_CASE("both ends have the socket options of the protocol") {
    Pair pair;
    for (Socket* socket : {&*pair.accepted, &*pair.connected}) {
        CHECK(option(*socket, IPPROTO_TCP, TCP_NODELAY) == 1);
        CHECK(option(*socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
        CHECK(option(*socket, IPPROTO_TCP, TCP_KEEPIDLE) == 5);
        CHECK(option(*socket, IPPROTO_TCP, TCP_KEEPINTVL) == 4);
        CHECK(option(*socket, IPPROTO_TCP, TCP_KEEPCNT) == 3);
        CHECK(option(*socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 17'000);
        CHECK((fcntl(socket->native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
    }
}

TEST_CASE("a port in use is refused with the address and an advice") {
    asio::io_context loop;
    Listener first(loop);
    Listener second(loop);
    REQUIRE(first.open(loopback(0)).has_value());
    const auto outcome = second.open(first.address());
    REQUIRE_FALSE(outcome.has_value());
    CHECK(to_text(outcome.error()) == "cannot listen on " + to_text(first.address()) +
                                          ": Address already in use; stop the other server or "
                                          "choose another port");
}

TEST_CASE("an address of another machine is refused") {
    asio::io_context loop;
    Listener listener(loop);
    const Address elsewhere{.family = AddressFamily::ipv4, .octets = {192, 0, 2, 1}, .port = 0};
    const auto outcome = listener.open(elsewhere);
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().advice == "name an address of this machine");
}

TEST_CASE("connecting to a port where nobody listens fails with the reason") {
    asio::io_context loop;
    Address nobody;
    {
        Listener listener(loop);
        REQUIRE(listener.open(loopback(0)).has_value());
        nobody = listener.address();
    }
    Connector connector(loop);
    std::optional<ErrorCode> outcome;
    connector.connect(nobody, [&](ErrorCode error, Socket) { outcome = error; });
    run_until(loop, [&] { return outcome.has_value(); });
    CHECK(*outcome == asio::error::connection_refused);
}

TEST_CASE("a connector that is destroyed does not report") {
    asio::io_context loop;
    Listener listener(loop);
    REQUIRE(listener.open(loopback(0)).has_value());
    bool reported = false;
    {
        Connector connector(loop);
        connector.connect(listener.address(), [&](ErrorCode, Socket) { reported = true; });
    }
    loop.run();
    CHECK_FALSE(reported);
}
