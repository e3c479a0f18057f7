#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "server/vsr/replica.hpp"
#include "server/wire/objects.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/replica_driver.hpp"
#include "tests/support/replica_fixture.hpp"
#include "tests/support/scripted_client.hpp"

// A replica whose older transfers are in the page store.
using namespace elytra;
using namespace elytra::vsr;
using elytra::test::one_account;
using elytra::test::ReplicaDriver;
using elytra::test::ScriptedClient;
using Fixture = elytra::test::ReplicaFixture;
using wire::Operation;

namespace {

constexpr Limits limits = limits_tiny();

std::vector<std::byte> movements(std::uint64_t first_id, std::uint64_t count) {
    std::vector<wire::Transfer> events;
    for (std::uint64_t id = first_id; id < first_id + count; ++id) {
        events.push_back({.id = id,
                          .debit_account_id = 1,
                          .credit_account_id = 2,
                          .amount = 1,
                          .ledger = 1,
                          .code = 1});
    }
    const auto bytes = std::as_bytes(std::span(events));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> ids(std::vector<u128> list) {
    const auto bytes = std::as_bytes(std::span(list));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> two_accounts() {
    std::vector<std::byte> accounts = one_account(1);
    const std::vector<std::byte> second = one_account(2);
    accounts.insert(accounts.end(), second.begin(), second.end());
    return accounts;
}

// Everything but the jobs.
void work_without_jobs(Fixture& fixture) {
    while (fixture.driver->work() || fixture.disk.in_flight() > 0) {
        if (fixture.disk.in_flight() > 0) fixture.driver->complete(0);
    }
}

// Transfers 1 to 100 are in the page store and nowhere else; the client of the session stays.
ScriptedClient with_stored_transfers(Fixture& fixture) {
    ScriptedClient client = fixture.registered(5);
    const auto call = [&](Operation operation, const std::vector<std::byte>& body) {
        client.take(
            fixture.call_reply(client.make_request(fixture.pools.requests, operation, body)));
    };
    call(Operation::create_accounts_unbatched, two_accounts());
    call(Operation::create_transfers_unbatched, movements(1, 100));
    const auto in_memory = [&] {
        return fixture.replica().state_machine().store().memory_begin().transfers < 100;
    };
    while (in_memory()) fixture.noop(client);
    return client;
}

}  // namespace

TEST_CASE("an op waits for its pages and is answered when they have come") {
    Fixture fixture;
    ScriptedClient client = with_stored_transfers(fixture);
    ScriptedClient other = fixture.registered(6);
    fixture.crash();  // and nothing is in the cache
    REQUIRE(fixture.start() == ReplicaStatus::normal);
    ReplicaDriver& driver = *fixture.driver;
    driver.deliver(client.make_request(fixture.pools.requests,
                                       Operation::lookup_transfers_unbatched, ids({7})));
    CHECK_FALSE(driver.work());
    const auto page_read = [&]() -> std::optional<std::size_t> {
        for (std::size_t index = 0; index < fixture.disk.in_flight(); ++index) {
            const auto* read = std::get_if<storage::Read>(&fixture.disk.effect_in_flight(index));
            if (read != nullptr && read->token.owner == storage::IoOwner::page_cache) return index;
        }
        return std::nullopt;
    };
    REQUIRE(page_read().has_value());
    // Others are logged meanwhile, but nobody overtakes it.
    driver.deliver(other.make_request(fixture.pools.requests, Operation::noop));
    while (fixture.disk.in_flight() > 1) driver.complete(page_read() == 0U ? 1 : 0);
    CHECK_FALSE(driver.work());
    CHECK(driver.take_sent().empty());
    driver.settle();
    const std::vector<ClientMessage> sent = driver.take_sent();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].client == ClientId{5});
    CHECK(sent[0].message->body().size() == sizeof(wire::Transfer));
    CHECK(sent[1].client == ClientId{6});
}

TEST_CASE("a checkpoint becomes durable while no requests come, whenever its jobs run") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    while (fixture.driver->jobs() == 0) {
        fixture.driver->deliver(client.make_request(
            fixture.pools.requests, Operation::lookup_accounts_unbatched, ids({1})));
        work_without_jobs(fixture);
        for (const ClientMessage& out : fixture.driver->take_sent()) {
            client.take(out.message->header<wire::ReplyHeader>());
        }
    }
    CHECK(fixture.replica().checkpoint_store().op() == Op{0});
    SUBCASE("they run") {
        fixture.driver->settle();
        CHECK(fixture.replica().checkpoint_store().op() == Op{limits.cut_ops});
    }
    SUBCASE("the process dies before") {
        const Op head = fixture.replica().head();
        fixture.crash();
        REQUIRE(fixture.start() == ReplicaStatus::normal);
        CHECK(fixture.replica().head() == head);
        CHECK(fixture.replica().checkpoint_store().op() == Op{limits.cut_ops});
    }
}

TEST_CASE("requests wait for the flush of the last cut long before the next one is due") {
    Fixture fixture;
    ReplicaDriver& driver = *fixture.driver;
    ScriptedClient client = fixture.registered(5);
    client.take(fixture.call_reply(client.make_request(
        fixture.pools.requests, Operation::create_accounts_unbatched, two_accounts())));
    constexpr std::uint64_t rows = 10;
    std::uint64_t id_next = 1;
    // Whether it is answered while no job runs.
    const auto call = [&] {
        driver.deliver(client.make_request(fixture.pools.requests,
                                           Operation::create_transfers_unbatched,
                                           movements(id_next, rows)));
        id_next += rows;
        work_without_jobs(fixture);
        const std::vector<ClientMessage> sent = driver.take_sent();
        for (const ClientMessage& out : sent) client.take(out.message->header<wire::ReplyHeader>());
        return !sent.empty();
    };
    while (driver.jobs() == 0) REQUIRE(call());
    std::uint64_t rows_ahead = 0;
    while (call()) rows_ahead += rows;
    CHECK(rows_ahead > limits.cut_rows / 4);
    CHECK(rows_ahead < limits.cut_rows / 4 + rows);
    // It is executed before the flush is done, with what the first jobs have made.
    std::uint64_t jobs_run = 0;
    while (driver.take_sent().empty()) {
        REQUIRE(driver.jobs() > 0);
        driver.run_job();
        ++jobs_run;
        work_without_jobs(fixture);
    }
    CHECK(jobs_run > 1);
    CHECK_FALSE(fixture.replica().state_machine().flush_done());
}

TEST_CASE("a damaged page stops the replica that needs it, with its place") {
    Fixture fixture;
    ScriptedClient client = with_stored_transfers(fixture);
    const engine::Catalog& catalog = fixture.replica().state_machine().store().catalog();
    const storage::PageAddress page = catalog.table(engine::RowTableId::transfers).address(0);
    fixture.crash();
    fixture.disk.flip_bit(page.offset + 1000, 3);
    REQUIRE(fixture.start() == ReplicaStatus::normal);
    const auto request = client.make_request(fixture.pools.requests,
                                             Operation::lookup_transfers_unbatched, ids({1}));
    CHECK(fixture.silent(request));
    REQUIRE(fixture.replica().status() == ReplicaStatus::failed);
    const OpenFault& fault = fixture.replica().open_fault();
    CHECK(fault.kind == OpenFault::Kind::checkpoint_data);
    CHECK(fault.store.part == storage::StoreFault::Part::page);
    CHECK(fault.store.segment_id == page.id.segment);
    CHECK(fault.store.index == 0);
    CHECK(fault.store.offset == page.offset);
    CHECK(fault.store.size == limits.page_size);
    CHECK(fixture.silent(client.make_ping(fixture.pools.requests)));
}

TEST_CASE("a damaged checkpoint is refused") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    for (std::uint32_t op = 2; op <= limits.cut_ops; ++op) fixture.noop(client);
    REQUIRE(fixture.replica().checkpoint_store().op() == Op{limits.cut_ops});
    const std::uint64_t manifest = fixture.replica().superblock().checkpoint.manifest.offset;
    fixture.crash();
    SUBCASE("in its manifest") {
        fixture.disk.flip_bit(manifest, 0);
        CHECK(fixture.start() == ReplicaStatus::failed);
        CHECK(fixture.replica().open_fault().kind == OpenFault::Kind::checkpoint_manifest);
    }
    SUBCASE("in a chunk") {
        fixture.disk.flip_bit(storage::layout_of(limits).page_store_offset, 0);
        CHECK(fixture.start() == ReplicaStatus::failed);
        CHECK(fixture.replica().open_fault().kind == OpenFault::Kind::checkpoint_data);
    }
}
