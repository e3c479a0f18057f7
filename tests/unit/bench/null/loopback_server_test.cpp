#include "bench/null/loopback_server.hpp"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "bench/load/load_generator.hpp"
#include "bench/null/null_ledger.hpp"
#include "server/io/message_reader.hpp"
#include "server/wire/checksum.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_client.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::run_until;
using elytra::test::ScriptedClient;
using wire::Command;
using wire::Operation;

namespace {

// A null ledger that counts how often it was asked.
class CountingLedger final : public Executor {
public:
    Outcome execute(Operation operation, std::span<const std::byte> body,
                    std::span<std::byte> reply) override {
        ++requests;
        return ledger_.execute(operation, body, reply);
    }

    int requests = 0;

private:
    NullLedger ledger_;
};

struct Fixture {
    Fixture() {
        REQUIRE(listener.open(io::loopback(0)).has_value());
        server.serve(listener);
    }

    ~Fixture() { listener.close(); }

    io::asio::io_context loop;
    io::Listener listener{loop};
    CountingLedger ledger;
    LoopbackServer server{ledger};
};

// One end of a connection to the server, which sends whatever a test makes.
class Line final : public io::ConnectionOwner {
public:
    explicit Line(Fixture& fixture) : loop_(fixture.loop) {
        io::Connector connector(loop_);
        connector.connect(fixture.listener.address(), [this](io::ErrorCode, io::Socket socket) {
            connection_.emplace(std::move(socket), *this, 4);
            connection_->await_readable();
        });
        run_until(loop_, [this] { return connection_.has_value(); });
    }

    // The answer; none when the server ends the connection instead.
    wire::MessageRef ask(const wire::MessageRef& message) {
        answer_.reset();
        REQUIRE(connection_->send(message));
        run_until(loop_, [this] { return answer_ || lost_; });
        return answer_;
    }

    const wire::ReplyHeader& register_client(ScriptedClient& client) {
        ask(client.make_register(pool));
        REQUIRE(answer_);
        client.take(answer_->header<wire::ReplyHeader>());
        return answer_->header<wire::ReplyHeader>();
    }

    void on_readable(io::Connection& connection) override {
        auto message = reader_.next(connection);
        lost_ = !message.has_value();
        if (lost_) return;
        if (*message) answer_ = *std::move(message);
        connection.await_readable();
    }

    void on_lost(io::Connection&, io::ErrorCode) override { lost_ = true; }

    wire::MessagePool pool{8, wire::message_size_max};

private:
    io::asio::io_context& loop_;
    io::MessageReader reader_{pool, wire::message_size_max};
    wire::MessageRef answer_;
    std::optional<io::Connection> connection_;
    bool lost_ = false;
};

Command command_of(const wire::MessageRef& message) {
    REQUIRE(message);
    return static_cast<Command>(message->frame().command);
}

}  // namespace

TEST_CASE("a load generator finds nothing wrong with the answers of a null server") {
    Fixture fixture;
    LoadOptions options;
    options.workload.account_count = 100;
    options.workload.transfer_count = 50'000;
    options.clients = 3;
    options.query_count = 5;
    REQUIRE(validate(options).has_value());
    LoadGenerator generator(fixture.loop, options, {fixture.listener.address()}, {});
    std::optional<LoadResult> result;
    generator.start([&](LoadResult done) { result = std::move(done); });
    run_until(fixture.loop, [&] { return result.has_value(); });
    CHECK(result->errors == std::vector<std::string>{});
    CHECK(result->stage(Stage::create_transfers).accepted == 50'000);
}

TEST_CASE("a repeated request is answered by the reply it had and not executed again") {
    Fixture fixture;
    Line line(fixture);
    ScriptedClient client(ClientId{7});
    line.register_client(client);
    const wire::MessageRef request = client.make_request(line.pool, Operation::noop);
    const wire::MessageRef first = line.ask(request);
    REQUIRE(command_of(first) == Command::reply);
    const wire::MessageRef again = line.ask(request);
    CHECK(std::memcmp(&first->frame(), &again->frame(), wire::header_size) == 0);
}

TEST_CASE("the session of a client outlives its connection") {
    Fixture fixture;
    ScriptedClient client(ClientId{7});
    std::optional<Line> line(std::in_place, fixture);
    line->register_client(client);
    line.reset();
    Line second(fixture);
    CHECK(command_of(second.ask(client.make_request(second.pool, Operation::noop))) ==
          Command::reply);
}

TEST_CASE("a ping is answered with what it carried") {
    Fixture fixture;
    Line line(fixture);
    ScriptedClient client(ClientId{7});
    const wire::MessageRef ping = client.make_ping(line.pool);
    const wire::MessageRef pong = line.ask(ping);
    REQUIRE(command_of(pong) == Command::pong_client);
    CHECK(wire::well_formed(pong->header<wire::PongClientHeader>()));
    CHECK(pong->header<wire::PongClientHeader>().ping_timestamp_monotonic ==
          ping->header<wire::PingClientHeader>().ping_timestamp_monotonic);
}

TEST_CASE("a client without a session is evicted") {
    Fixture fixture;
    Line line(fixture);
    ScriptedClient known(ClientId{7});
    line.register_client(known);
    ScriptedClient unknown(ClientId{8});
    wire::ReplyHeader registered;
    registered.op = registered.commit = 3;
    unknown.take(registered);
    const wire::MessageRef answer = line.ask(unknown.make_request(line.pool, Operation::noop));
    CHECK(command_of(answer) == Command::eviction);
}

TEST_CASE("the oldest session makes room for a new one") {
    Fixture fixture;
    Line line(fixture);
    ScriptedClient oldest(ClientId{1});
    line.register_client(oldest);
    ScriptedClient second(ClientId{2});
    line.register_client(second);
    for (std::uint64_t id = 3; id <= LoopbackServer::sessions_max + 1; ++id) {
        ScriptedClient client(ClientId{id});
        line.register_client(client);
    }
    CHECK(command_of(line.ask(second.make_request(line.pool, Operation::noop))) == Command::reply);
    CHECK(command_of(line.ask(oldest.make_request(line.pool, Operation::noop))) ==
          Command::eviction);
}

TEST_CASE("a damaged body ends the connection, as it does with a real server") {
    Fixture fixture;
    Line line(fixture);
    ScriptedClient client(ClientId{7});
    line.register_client(client);
    const std::vector<std::byte> body(256);
    wire::MessageRef request = client.make_request(line.pool, Operation::create_transfers, body);
    request->body_capacity()[5] ^= std::byte{1};
    CHECK(!line.ask(request));
    CHECK(fixture.ledger.requests == 0);
}

TEST_CASE("a body that the operation cannot have ends the session") {
    Fixture fixture;
    Line line(fixture);
    ScriptedClient client(ClientId{7});
    line.register_client(client);
    const std::vector<std::byte> body(100);
    const wire::MessageRef answer =
        line.ask(client.make_request(line.pool, Operation::create_transfers, body));
    CHECK(command_of(answer) == Command::eviction);
    CHECK(fixture.ledger.requests == 0);
}

TEST_CASE("one connection too many is closed at once, and closed ones make room") {
    Fixture fixture;
    std::vector<std::unique_ptr<Line>> lines;
    ScriptedClient client(ClientId{7});
    for (std::size_t index = 0; index < LoopbackServer::connections_max; ++index) {
        lines.push_back(std::make_unique<Line>(fixture));
        lines.back()->ask(client.make_ping(lines.back()->pool));
    }
    Line refused(fixture);
    CHECK(!refused.ask(client.make_ping(refused.pool)));
}
