#include "server/io/client.hpp"

#include <array>
#include <cstring>
#include <optional>

#include <doctest/doctest.h>

#include "server/client/request.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::test::FakeServer;
using elytra::test::run_until;
using wire::Operation;

namespace {

// A client and what its completions have said.
struct Caller {
    Caller(asio::io_context& loop, std::vector<Address> addresses, u128 cluster = 0)
        : client(loop, {.addresses = std::move(addresses), .cluster = ClusterId{cluster}}) {}

    void connect() {
        client.connect([this](const auto& outcome) {
            if (outcome.has_value()) limit = *outcome;
            if (!outcome.has_value()) failure = outcome.error();
        });
    }

    void create_account(u128 id) {
        const wire::Account account{.id = id};
        client.submit(Operation::create_accounts, std::as_bytes(std::span(&account, 1)),
                      [this](const auto& reply) {
                          if (!reply.has_value()) failure = reply.error();
                          if (reply.has_value()) results_size = reply->results().size();
                      });
    }

    bool ended() const { return limit || results_size || failure; }

    Client client;
    std::optional<std::uint32_t> limit;
    std::optional<std::size_t> results_size;
    std::optional<client::Failure> failure;
};

}  // namespace

TEST_CASE("a client registers at once and gets its answers") {
    asio::io_context loop;
    FakeServer server(loop);
    Caller caller(loop, {server.address()});
    caller.connect();
    run_until(loop, [&] { return caller.ended(); });
    CHECK(caller.limit == wire::body_size_max);
    CHECK(caller.client.events_max(Operation::create_transfers) == 8189);
    caller.create_account(7);
    run_until(loop, [&] { return caller.results_size.has_value(); });
    CHECK(caller.results_size == sizeof(wire::CreateResult));
    CHECK(server.accounts.contains(7));
    CHECK(server.requests_received == 2);
}

TEST_CASE("several clients share a loop, each with its own session") {
    asio::io_context loop;
    FakeServer server(loop);
    std::array<std::unique_ptr<Caller>, 5> callers;
    u128 id = 0;
    for (auto& caller : callers) {
        caller = std::make_unique<Caller>(loop, std::vector{server.address()});
        caller->connect();
    }
    for (auto& caller : callers) {
        run_until(loop, [&] { return caller->ended(); });
        caller->create_account(++id);
    }
    for (auto& caller : callers) run_until(loop, [&] { return caller->results_size.has_value(); });
    CHECK(server.accounts.size() == 5);
}

TEST_CASE("a full request prepared by the caller arrives whole") {
    asio::io_context loop;
    FakeServer server(loop);
    Caller caller(loop, {server.address()});
    caller.connect();
    run_until(loop, [&] { return caller.ended(); });
    wire::MessageRef request = caller.client.acquire();
    for (std::uint32_t index = 0; index < 8189; ++index) {
        const wire::Account account{.id = index + 1};
        std::memcpy(request->body_capacity().data() + index * sizeof account, &account,
                    sizeof account);
    }
    const std::uint32_t size =
        client::finish_batch(Operation::create_accounts, 8189 * 128, request->body_capacity());
    client::prepare_request(*request, size);
    std::optional<std::size_t> results_size;
    caller.client.submit(Operation::create_accounts, std::move(request), [&](const auto& reply) {
        results_size = reply.has_value() ? reply->results().size() : 0;
    });
    run_until(loop, [&] { return results_size.has_value(); });
    CHECK(results_size == 8189 * sizeof(wire::CreateResult));
    CHECK(server.accounts.size() == 8189);
}

TEST_CASE("a request survives its connection") {
    asio::io_context loop;
    FakeServer server(loop);
    Caller caller(loop, {server.address()});
    caller.connect();
    run_until(loop, [&] { return caller.ended(); });
    int closed = 0;
    server.mishap = [&](Operation) {
        return closed++ < 2 ? FakeServer::Mishap::close : FakeServer::Mishap::none;
    };
    caller.create_account(1);
    run_until(loop, [&] { return caller.results_size.has_value(); });
    CHECK(caller.results_size == sizeof(wire::CreateResult));
    CHECK(closed == 3);
}

TEST_CASE("an unanswered request is sent again") {
    asio::io_context loop;
    FakeServer server(loop);
    Caller caller(loop, {server.address()});
    caller.connect();
    run_until(loop, [&] { return caller.ended(); });
    int asked = 0;
    server.mishap = [&](Operation) {
        return asked++ == 0 ? FakeServer::Mishap::ignore : FakeServer::Mishap::none;
    };
    caller.create_account(1);
    run_until(loop, [&] { return caller.results_size.has_value(); });
    CHECK(asked == 2);
}

TEST_CASE("an eviction fails the request in flight and ends the client") {
    asio::io_context loop;
    FakeServer server(loop);
    Caller caller(loop, {server.address()});
    caller.connect();
    run_until(loop, [&] { return caller.ended(); });
    server.mishap = [](Operation) { return FakeServer::Mishap::evict; };
    caller.create_account(1);
    run_until(loop, [&] { return caller.failure.has_value(); });
    CHECK(to_text(*caller.failure) ==
          "the session was evicted: no_session (server release 0.17.9)");
    CHECK(caller.client.failure() == caller.failure);
    CHECK_FALSE(caller.client.idle());
}

TEST_CASE("a refused connection shows in the description of the links") {
    asio::io_context loop;
    Address nobody;
    {
        asio::io_context other_loop;
        const FakeServer gone(other_loop);
        nobody = gone.address();
    }
    Caller caller(loop, {nobody});
    caller.connect();
    run_until(loop, [&] {
        return caller.client.describe_links() ==
               to_text(nobody) + ": not connected (Connection refused)";
    });
    CHECK_FALSE(caller.ended());
}

TEST_CASE("a closed client reports nothing any more") {
    asio::io_context loop;
    FakeServer server(loop);
    {
        Caller caller(loop, {server.address()});
        caller.connect();
        run_until(loop, [&] { return caller.ended(); });
        server.mishap = [](Operation) { return FakeServer::Mishap::ignore; };
        caller.create_account(1);
        caller.client.close();
        run_until(loop, [&] { return server.requests_received == 1; });
        CHECK_FALSE(caller.results_size.has_value());
    }
    loop.poll();
}
