#include "server/vsr/replica.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/checksum.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/replica_driver.hpp"
#include "tests/support/replica_fixture.hpp"
#include "tests/support/scripted_client.hpp"

using namespace elytra;
using namespace elytra::vsr;
using elytra::test::MemoryDisk;
using elytra::test::one_account;
using elytra::test::ReplicaDriver;
using elytra::test::ReplicaPools;
using elytra::test::ScriptedClient;
using Fixture = elytra::test::ReplicaFixture;
using wire::EvictionReason;
using wire::Operation;

namespace {

constexpr Limits limits = limits_tiny();
constexpr auto lookup = static_cast<std::uint8_t>(Operation::lookup_accounts_unbatched);

std::vector<std::byte> bytes_of(const wire::MessageRef& message) {
    return {message->bytes().begin(), message->bytes().end()};
}

// The same bytes as they would arrive once more.
wire::MessageRef copy_of(wire::MessagePool& pool, const std::vector<std::byte>& bytes) {
    wire::MessageRef copy = pool.acquire();
    std::ranges::copy(bytes, copy->receive_capacity().begin());
    return copy;
}

}  // namespace

TEST_CASE("a new file opens empty, in the first view") {
    Fixture fixture;
    CHECK(fixture.replica().status() == ReplicaStatus::normal);
    CHECK(fixture.replica().view() == View{1});
    CHECK(fixture.replica().head() == Op{0});
    CHECK(fixture.replica().superblock().view == View{1});
}

TEST_CASE("each start has a view of its own, also when nothing happens in between") {
    Fixture fixture;
    for (std::uint32_t view = 2; view < 6; ++view) {
        fixture.crash();
        CHECK(fixture.start() == ReplicaStatus::normal);
        CHECK(fixture.replica().view() == View{view});
    }
}

TEST_CASE("a register is answered with the session and the largest request body") {
    Fixture fixture;
    ScriptedClient client{ClientId{5}};
    const wire::MessageRef reply = fixture.call(client.make_register(fixture.pools.requests));
    const auto& header = reply->header<wire::ReplyHeader>();
    CHECK(wire::well_formed(header));
    CHECK(header.frame.size == wire::header_size + wire::register_result_size);
    CHECK(header.op == 1);
    CHECK(header.commit == 1);
    CHECK(header.request == 0);
    std::uint32_t batch_size_limit = 0;
    std::memcpy(&batch_size_limit, reply->body().data(), sizeof(batch_size_limit));
    CHECK(batch_size_limit == limits.request_size_max - wire::header_size);
    const auto reserved = reply->body().subspan(sizeof(batch_size_limit));
    CHECK(std::ranges::all_of(reserved, [](std::byte byte) { return byte == std::byte{}; }));
}

TEST_CASE("requests of a session are executed one op after the other at increasing times") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    std::uint64_t timestamp = 0;
    for (std::uint64_t op = 2; op < 40; ++op) {
        const wire::ReplyHeader reply = fixture.noop(client);
        CHECK(reply.op == op);
        CHECK(reply.request == client.request());
        CHECK(reply.timestamp > timestamp);
        timestamp = reply.timestamp;
        fixture.driver->set_wall(WallTime{1});  // times go on although the clock went back
    }
}

TEST_CASE("a request is answered only when its record and its evidence are durable") {
    Fixture fixture;
    ScriptedClient client{ClientId{5}};
    fixture.driver->deliver(client.make_register(fixture.pools.requests));
    while (fixture.driver->work()) {
    }
    CHECK(fixture.driver->take_sent().empty());
    fixture.driver->complete(0);  // the record
    while (fixture.driver->work()) {
    }
    CHECK(fixture.driver->take_sent().empty());
    CHECK(fixture.disk.in_flight() == 1);
    fixture.driver->complete(0);  // the evidence
    CHECK(fixture.driver->take_sent().size() == 1);
}

TEST_CASE("a copy of the last request gets the same reply and no op") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    const auto request = bytes_of(client.make_request(
        fixture.pools.requests, Operation::create_accounts_unbatched, one_account(7)));
    const auto first = bytes_of(fixture.call(copy_of(fixture.pools.requests, request)));
    const auto second = bytes_of(fixture.call(copy_of(fixture.pools.requests, request)));
    CHECK(first == second);
    CHECK(fixture.replica().head() == Op{2});
}

TEST_CASE("a copy of a request that is under way is dropped") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    const auto request = bytes_of(client.make_request(fixture.pools.requests, Operation::noop));
    fixture.driver->deliver(copy_of(fixture.pools.requests, request));
    fixture.driver->deliver(copy_of(fixture.pools.requests, request));
    while (fixture.driver->work()) {
    }
    // Executed, but not durable: the stored reply must not show yet.
    fixture.driver->deliver(copy_of(fixture.pools.requests, request));
    CHECK(fixture.driver->take_sent().empty());
    fixture.driver->settle();
    CHECK(fixture.driver->take_sent().size() == 1);
    CHECK(fixture.replica().head() == Op{2});
}

TEST_CASE("a reply sent again after a restart has the newer view and the old context") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    const auto request = bytes_of(client.make_request(fixture.pools.requests, Operation::noop));
    const auto before = fixture.call_reply(copy_of(fixture.pools.requests, request));
    fixture.crash();
    REQUIRE(fixture.start() == ReplicaStatus::normal);
    const auto after = fixture.call_reply(copy_of(fixture.pools.requests, request));
    CHECK(before.frame.view == 1);
    CHECK(after.frame.view == 2);
    CHECK(wire::header_intact(after));
    CHECK(after.context == before.context);
    CHECK(after.timestamp == before.timestamp);
    CHECK(after.op == before.op);
    client.take(after);
    CHECK(fixture.noop(client).op == 3);
}

TEST_CASE("a restart keeps what was answered and drops what was not durable") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    for (int i = 0; i < 20; ++i) fixture.noop(client);
    const Op head = fixture.replica().head();
    fixture.driver->deliver(client.make_request(fixture.pools.requests, Operation::noop));
    fixture.crash();
    REQUIRE(fixture.start() == ReplicaStatus::normal);
    CHECK(fixture.replica().head() == head);
    CHECK(fixture.replica().checkpoint_store().op() > Op{0});
    REQUIRE(fixture.replica().sessions().find(ClientId{5}) != nullptr);
    CHECK(fixture.replica().sessions().find(ClientId{5})->session == client.session());
}

TEST_CASE("a request is judged by its header, its operation and its body before its session") {
    struct Row {
        std::string_view name;
        void (*change)(wire::RequestHeader&, std::vector<std::byte>&);
        std::optional<EvictionReason> answer;  // none: dropped
    };

    const Row rows[] = {
        {"a view from the future",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { header.frame.view = 9; },
         std::nullopt},
        {"a reserved byte",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { header.reserved[0] = 1; },
         std::nullopt},
        {"a release too low",
         [](wire::RequestHeader& header, std::vector<std::byte>&) {
             header.frame.release = wire::release_client_min.value - 1;
         },
         EvictionReason::client_release_too_low},
        {"a release too high",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { ++header.frame.release; },
         EvictionReason::client_release_too_high},
        {"an operation that does not exist",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { header.operation = 200; },
         EvictionReason::invalid_request_operation},
        {"an internal operation",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { header.operation = 128; },
         EvictionReason::invalid_request_operation},
        {"half an event",
         [](wire::RequestHeader& header, std::vector<std::byte>& body) {
             header.operation = lookup;
             body.resize(8);
         },
         EvictionReason::invalid_request_body},
        {"a request that is too large",
         [](wire::RequestHeader& header, std::vector<std::byte>& body) {
             header.operation = lookup;
             body.resize(limits.request_size_max);
         },
         EvictionReason::invalid_request_body_size},
        {"a bad body in an unknown session",
         [](wire::RequestHeader& header, std::vector<std::byte>& body) {
             header.client = 99;
             header.operation = lookup;
             body.resize(8);
         },
         EvictionReason::invalid_request_body},
        {"an unknown session",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { header.client = 99; },
         EvictionReason::no_session},
        {"a timestamp",
         [](wire::RequestHeader& header, std::vector<std::byte>&) { header.timestamp = 1; },
         std::nullopt},
    };
    for (const Row& row : rows) {
        const std::string name(row.name);
        CAPTURE(name);
        Fixture fixture;
        ScriptedClient client = fixture.registered(5);
        client.make_request(fixture.pools.requests, Operation::noop);
        wire::RequestHeader header = client.header(Operation::noop, 0);
        std::vector<std::byte> body;
        row.change(header, body);
        header.frame.size = narrow<std::uint32_t>(wire::header_size + body.size());
        const auto answer =
            fixture.eviction(test::seal_request(fixture.pools.requests, header, body));
        CHECK(answer == row.answer);
        CHECK(fixture.replica().head() == Op{1});
    }
}

TEST_CASE("a request has to fit its session") {
    struct Row {
        std::string_view name;
        void (*change)(wire::RequestHeader&);
        std::optional<EvictionReason> answer;  // none: dropped
    };

    const Row rows[] = {
        {"an older session", [](wire::RequestHeader& header) { --header.session; },
         EvictionReason::session_too_low},
        {"a newer session", [](wire::RequestHeader& header) { ++header.session; }, std::nullopt},
        {"another release",
         [](wire::RequestHeader& header) { header.frame.release = wire::release_client_min.value; },
         EvictionReason::session_release_mismatch},
        {"an older request", [](wire::RequestHeader& header) { header.request -= 2; },
         std::nullopt},
        {"a changed copy", [](wire::RequestHeader& header) { --header.request; }, std::nullopt},
        {"another parent", [](wire::RequestHeader& header) { ++header.parent; }, std::nullopt},
        {"a skipped request", [](wire::RequestHeader& header) { ++header.request; }, std::nullopt},
    };
    for (const Row& row : rows) {
        const std::string name(row.name);
        CAPTURE(name);
        Fixture fixture;
        fixture.registered(4);
        ScriptedClient client = fixture.registered(5);
        fixture.noop(client);
        fixture.noop(client);
        client.make_request(fixture.pools.requests, Operation::noop);
        wire::RequestHeader header = client.header(Operation::noop, 0);
        row.change(header);
        CHECK(fixture.eviction(test::seal_request(fixture.pools.requests, header, {})) ==
              row.answer);
        CHECK(fixture.replica().head() == Op{4});
    }
}

TEST_CASE("what is not for a server is dropped") {
    Fixture fixture;
    ScriptedClient client{ClientId{5}};
    const wire::MessageRef reply = fixture.call(client.make_register(fixture.pools.requests));
    CHECK(fixture.silent(copy_of(fixture.pools.requests, bytes_of(reply))));
}

TEST_CASE("a ping is answered; one with a lost session is an eviction") {
    Fixture fixture;
    ScriptedClient stranger{ClientId{9}};
    const wire::MessageRef pong = fixture.call(stranger.make_ping(fixture.pools.requests));
    CHECK(pong->frame().command == static_cast<std::uint8_t>(wire::Command::pong_client));
    ScriptedClient client = fixture.registered(5);
    fixture.call(client.make_ping(fixture.pools.requests));
    for (std::uint64_t id = 6; id < 6 + limits.sessions_max; ++id) fixture.registered(id);
    CHECK(fixture.eviction(client.make_ping(fixture.pools.requests)) == EvictionReason::no_session);
}

TEST_CASE("a register without room pushes out the session that was used least recently") {
    Fixture fixture;
    std::vector<ScriptedClient> clients;
    for (std::uint64_t id = 1; id <= limits.sessions_max; ++id) {
        clients.push_back(fixture.registered(id));
    }
    fixture.noop(clients[0]);
    fixture.registered(50);
    CHECK(fixture.replica().sessions().find(ClientId{1}) != nullptr);
    CHECK(fixture.replica().sessions().find(ClientId{2}) == nullptr);
    const auto request = clients[1].make_request(fixture.pools.requests, Operation::noop);
    CHECK(fixture.eviction(request) == EvictionReason::no_session);
}

TEST_CASE("requests wait while the pipeline is full, and are all answered") {
    Fixture fixture;
    std::vector<ScriptedClient> clients;
    for (std::uint64_t id = 1; id <= limits.sessions_max; ++id) {
        clients.push_back(fixture.registered(id));
    }
    // Four requests of 16 KiB do not fit into 64 KiB of log beside their record headers.
    constexpr std::size_t ids = (limits_tiny().request_size_max - wire::header_size) / sizeof(u128);
    const std::vector<std::byte> body(ids * sizeof(u128), std::byte{1});
    const Op before = fixture.replica().head();
    for (ScriptedClient& client : clients) {
        fixture.driver->deliver(client.make_request(fixture.pools.requests,
                                                    Operation::lookup_accounts_unbatched, body));
    }
    CHECK(fixture.replica().head() > before);
    CHECK(fixture.replica().head().value < before.value + clients.size());
    fixture.driver->settle();
    CHECK(fixture.driver->take_sent().size() == clients.size());
    CHECK(fixture.replica().head().value == before.value + clients.size());
}

TEST_CASE("without space for a checkpoint no request is prepared until there is some") {
    Fixture fixture;
    fixture.disk.set_size_max(fixture.disk.bytes().size());
    ScriptedClient client = fixture.registered(5);
    std::vector<std::byte> unanswered;
    while (unanswered.empty()) {
        const auto request = bytes_of(client.make_request(fixture.pools.requests, Operation::noop));
        const auto sent = fixture.send(copy_of(fixture.pools.requests, request));
        if (sent.empty()) {
            unanswered = request;
        } else {
            client.take(sent.front().message->header<wire::ReplyHeader>());
        }
    }
    CHECK(fixture.replica().shortage() == storage::CheckpointStore::Shortage::no_space);
    const Op head = fixture.replica().head();
    fixture.driver->advance(2 * nanoseconds_per_second);
    fixture.driver->settle();
    CHECK(fixture.replica().head() == head);
    CHECK(fixture.driver->take_sent().empty());
    fixture.disk.set_size_max(UINT64_MAX);
    fixture.driver->advance(2 * nanoseconds_per_second);
    fixture.driver->settle();
    CHECK(fixture.replica().shortage() == storage::CheckpointStore::Shortage::none);
    CHECK(fixture.driver->take_sent().size() == 1);
    CHECK(fixture.replica().head() == head.next());
}

TEST_CASE("a limit of the file's size is a shortage of its own kind") {
    Fixture fixture;
    fixture.crash();
    fixture.options.storage_size_max = fixture.disk.bytes().size();
    REQUIRE(fixture.start() == ReplicaStatus::normal);
    ScriptedClient client = fixture.registered(5);
    for (std::uint32_t op = 2; op <= limits.cut_ops; ++op) fixture.noop(client);
    CHECK(fixture.replica().shortage() == storage::CheckpointStore::Shortage::size_limit);
}

TEST_CASE("an idle replica ends what has expired") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    const std::array<wire::Account, 2> accounts{wire::Account{.id = 1, .ledger = 1, .code = 1},
                                                wire::Account{.id = 2, .ledger = 1, .code = 1}};
    client.take(fixture.call_reply(client.make_request(fixture.pools.requests,
                                                       Operation::create_accounts_unbatched,
                                                       std::as_bytes(std::span(accounts)))));
    const wire::Transfer pending{.id = 3,
                                 .debit_account_id = 1,
                                 .credit_account_id = 2,
                                 .amount = 10,
                                 .timeout = 1,
                                 .ledger = 1,
                                 .code = 1,
                                 .flags = wire::transfer_flags::pending};
    client.take(fixture.call_reply(client.make_request(fixture.pools.requests,
                                                       Operation::create_transfers_unbatched,
                                                       std::as_bytes(std::span(&pending, 1)))));
    const Op head = fixture.replica().head();
    fixture.driver->advance(nanoseconds_per_second / 2);
    fixture.driver->settle();
    CHECK(fixture.replica().head() == head);
    fixture.driver->advance(nanoseconds_per_second);
    fixture.driver->settle();
    CHECK(fixture.replica().head() == head.next());
    CHECK(fixture.driver->take_sent().empty());
    fixture.driver->advance(nanoseconds_per_second);
    fixture.driver->settle();
    CHECK(fixture.replica().head() == head.next());
}

TEST_CASE("a file of another kind is refused with the reason") {
    ReplicaPools pools(limits);
    MemoryDisk disk{1};
    disk.set_size_max(UINT64_MAX);
    ReplicaDriver driver(disk, pools, {.limits = limits});
    CHECK(driver.open() == ReplicaStatus::failed);
    CHECK(driver.replica().open_fault().kind == OpenFault::Kind::superblock);
    CHECK(driver.replica().open_fault().superblock == storage::SuperblockFailure::not_a_data_file);
}

TEST_CASE("a damaged record of an acknowledged op is refused with its op") {
    Fixture fixture;
    ScriptedClient client = fixture.registered(5);
    fixture.noop(client);
    fixture.noop(client);
    fixture.crash();
    const storage::Layout layout = storage::layout_of(limits);
    fixture.disk.flip_bit(layout.log_offset + sector_size + 700, 0);  // of op 2
    CHECK(fixture.start() == ReplicaStatus::failed);
    const OpenFault& fault = fixture.replica().open_fault();
    CHECK(fault.kind == OpenFault::Kind::log);
    CHECK(fault.log.log_class == storage::LogClass::lost);
    CHECK(fault.log.op == Op{2});
    CHECK(fault.log_faults == 1);
}

TEST_CASE("a superblock that does not stay where it was written stops the replica") {
    Fixture fixture;
    const storage::Layout layout = storage::layout_of(limits);
    const auto lose_copies = [&] {
        for (const std::uint32_t copy : {0U, 1U}) {
            const std::uint64_t offset = layout.superblock_copy_offset(copy);
            fixture.disk.lose_next_write(offset, offset + sector_size);
        }
    };
    SUBCASE("while it opens") {
        fixture.crash();
        lose_copies();
        CHECK(fixture.start() == ReplicaStatus::failed);
    }
    SUBCASE("at a checkpoint") {
        ScriptedClient client = fixture.registered(5);
        lose_copies();
        for (std::uint32_t op = 2; op < limits.cut_ops; ++op) fixture.noop(client);
        fixture.send(client.make_request(fixture.pools.requests, Operation::noop));
        CHECK(fixture.replica().status() == ReplicaStatus::failed);
    }
    CHECK(fixture.replica().open_fault().superblock == storage::SuperblockFailure::not_verified);
}
