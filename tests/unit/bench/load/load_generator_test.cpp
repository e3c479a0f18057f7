#include "bench/load/load_generator.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/fake_server.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::FakeServer;
using elytra::test::run_until;
using wire::Operation;

namespace {

LoadOptions small() {
    LoadOptions options;
    options.workload.account_count = 20;
    options.workload.transfer_count = 95;
    options.workload.id_order = IdOrder::sequential;
    options.account_batch_count = 7;
    options.transfer_batch_count = 10;
    options.query_count = 5;
    return options;
}

LoadResult run(io::asio::io_context& loop, const FakeServer& server, const LoadOptions& options,
               LoadObserver observer = {}) {
    REQUIRE(validate(options).has_value());
    LoadGenerator generator(loop, options, {server.address()}, std::move(observer));
    std::optional<LoadResult> result;
    generator.start([&](LoadResult done) { result = std::move(done); });
    run_until(loop, [&] { return result.has_value(); });
    return *result;
}

}  // namespace

TEST_CASE("a load creates every account and transfer once and counts what was accepted") {
    io::asio::io_context loop;
    FakeServer server(loop);
    const LoadResult result = run(loop, server, small());
    CHECK(result.errors == std::vector<std::string>{});
    CHECK(server.accounts.size() == 20);
    CHECK(server.transfers.size() == 95);
    const StageResult& transfers = result.stage(Stage::create_transfers);
    CHECK(transfers.requests == 10);
    CHECK(transfers.events == 95);
    CHECK(transfers.accepted == 95);
    CHECK(transfers.latency.count() == 10);
    CHECK(transfers.throughput() > 0);
    CHECK(result.stage(Stage::create_accounts).requests == 3);
    CHECK(result.stage(Stage::get_account_transfers).accepted == 5);
    CHECK(result.stage(Stage::validate_accounts).requests == 0);
}

TEST_CASE("several clients share the batches of a stage") {
    io::asio::io_context loop;
    FakeServer server(loop);
    LoadOptions options = small();
    options.clients = 8;
    options.workload.transfer_pending = true;
    const LoadResult result = run(loop, server, options);
    CHECK(result.passed());
    CHECK(result.stage(Stage::register_sessions).accepted == 8);
    CHECK(server.transfers.size() == 95);
}

TEST_CASE("validation reads everything back") {
    io::asio::io_context loop;
    FakeServer server(loop);
    LoadOptions options = small();
    options.validate = true;
    options.checksum_performance = true;
    const LoadResult result = run(loop, server, options);
    CHECK(result.errors == std::vector<std::string>{});
    CHECK(result.stage(Stage::validate_accounts).accepted == 20);
    CHECK(result.stage(Stage::validate_transfers).accepted == 95);
    CHECK(result.checksum_nanoseconds > 0);
}

TEST_CASE("validation notices what the server has lost or changed") {
    io::asio::io_context loop;
    FakeServer server(loop);
    server.mishap = [&](Operation operation) {
        if (operation == Operation::lookup_accounts) server.accounts.begin()->second.code = 99;
        if (operation == Operation::lookup_accounts) server.accounts[3].credits_posted += 1;
        return FakeServer::Mishap::none;
    };
    LoadOptions options = small();
    options.validate = true;
    const LoadResult result = run(loop, server, options);
    CHECK(result.errors ==
          std::vector<std::string>{"lookup_accounts: not what was sent: account 0"});
}

TEST_CASE("a cluster that is not empty is a finding, and nothing is sent after it") {
    io::asio::io_context loop;
    FakeServer server(loop);
    REQUIRE(run(loop, server, small()).passed());
    const LoadResult again = run(loop, server, small());
    REQUIRE(again.errors.size() == 1);
    CHECK(again.errors[0] == "create_accounts: exists (20 times, first: event 0)");
    CHECK(again.stage(Stage::create_transfers).requests == 0);
}

TEST_CASE("an eviction cuts the load short") {
    io::asio::io_context loop;
    FakeServer server(loop);
    server.mishap = [](Operation operation) {
        return operation == Operation::create_transfers ? FakeServer::Mishap::evict
                                                        : FakeServer::Mishap::none;
    };
    const LoadResult result = run(loop, server, small());
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0] ==
          "the load was cut short: the session was evicted: no_session (server release 0.17.9)");
}

TEST_CASE("registration has a time limit whose error tells how it stands with the server") {
    io::asio::io_context loop;
    FakeServer server(loop);
    server.mishap = [](Operation) { return FakeServer::Mishap::ignore; };
    LoadOptions options = small();
    options.register_timeout_nanoseconds = 50 * nanoseconds_per_millisecond;
    const LoadResult result = run(loop, server, options);
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find("no session within") != std::string::npos);
    CHECK(result.errors[0].ends_with(": connected"));
}

TEST_CASE("a batch larger than the server takes is refused before anything is created") {
    io::asio::io_context loop;
    FakeServer server(loop);
    server.batch_size_limit = 1024;
    const LoadResult result = run(loop, server, small());
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].ends_with("--transfer-batch-count (10): the server takes 7 at most"));
    CHECK(server.accounts.empty());
}

TEST_CASE("the observer hears of every batch of transfers and of each stage") {
    io::asio::io_context loop;
    FakeServer server(loop);
    std::vector<std::uint64_t> batches;
    std::uint64_t transfers_done = 0;
    const LoadObserver observer{
        .on_progress =
            [&](const LoadProgress& progress) {
                if (progress.stage == Stage::create_transfers) transfers_done = progress.done;
                CHECK(progress.done <= progress.total);
            },
        .on_batch = [&](const BatchTiming& timing) { batches.push_back(timing.index); }};
    LoadOptions options = small();
    options.clients = 3;
    REQUIRE(run(loop, server, options, observer).passed());
    std::sort(batches.begin(), batches.end());
    CHECK(batches == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(transfers_done == 95);
}

TEST_CASE("a delay after each batch stretches the stage of transfers") {
    io::asio::io_context loop;
    FakeServer server(loop);
    LoadOptions options = small();
    options.transfer_batch_delay_nanoseconds = 5 * nanoseconds_per_millisecond;
    const LoadResult result = run(loop, server, options);
    CHECK(result.passed());
    CHECK(result.stage(Stage::create_transfers).nanoseconds >=
          9 * options.transfer_batch_delay_nanoseconds);
}

TEST_CASE("a stopped load reports nothing and leaves no handler that would") {
    io::asio::io_context loop;
    FakeServer server(loop);
    bool reported = false;
    {
        LoadGenerator generator(loop, small(), {server.address()}, {});
        generator.start([&](const LoadResult&) { reported = true; });
        run_until(loop, [&] { return server.requests_received > 2; });
        generator.stop();
        loop.poll();
    }
    loop.poll();
    CHECK_FALSE(reported);
}
