#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/header.hpp"
#include "server/wire/objects.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/replica_driver.hpp"
#include "tests/support/scripted_client.hpp"

namespace elytra::test {

// A formatted file, and the replica that has it open.
struct ReplicaFixture {
    Limits limits = limits_tiny();
    ReplicaPools pools{limits};
    MemoryDisk disk{1};
    std::optional<ReplicaDriver> driver;
    vsr::ReplicaOptions options{.limits = limits};

    ReplicaFixture() {
        format(disk, limits);
        start();
    }

    vsr::ReplicaStatus start() {
        driver.emplace(disk, pools, options);
        return driver->open();
    }

    // Everything that was in flight is lost.
    void crash() {
        driver.reset();
        disk.crash(std::vector(disk.writes_at_risk(), WriteFate::dropped));
    }

    vsr::Replica& replica() { return driver->replica(); }

    std::vector<vsr::ClientMessage> send(wire::MessageRef message) {
        driver->deliver(std::move(message));
        driver->settle();
        return driver->take_sent();
    }

    // Requires: the answer is one message.
    wire::MessageRef call(wire::MessageRef message) {
        const std::vector<vsr::ClientMessage> sent = send(std::move(message));
        REQUIRE(sent.size() == 1);
        return sent.front().message;
    }

    wire::ReplyHeader call_reply(wire::MessageRef message) {
        const wire::MessageRef reply = call(std::move(message));
        REQUIRE(reply->frame().command == static_cast<std::uint8_t>(wire::Command::reply));
        return reply->header<wire::ReplyHeader>();
    }

    ScriptedClient registered(std::uint64_t id) {
        ScriptedClient client{ClientId{id}};
        client.take(call_reply(client.make_register(pools.requests)));
        return client;
    }

    wire::ReplyHeader noop(ScriptedClient& client) {
        const auto reply = call_reply(client.make_request(pools.requests, wire::Operation::noop));
        client.take(reply);
        return reply;
    }

    // Nothing is sent back.
    std::optional<wire::EvictionReason> eviction(wire::MessageRef message) {
        const std::vector<vsr::ClientMessage> sent = send(std::move(message));
        if (sent.empty()) return std::nullopt;
        const wire::Message& answer = *sent.front().message;
        REQUIRE(answer.frame().command == static_cast<std::uint8_t>(wire::Command::eviction));
        return static_cast<wire::EvictionReason>(answer.header<wire::EvictionHeader>().reason);
    }

    bool silent(wire::MessageRef message) { return send(std::move(message)).empty(); }
};

// The body of a request that creates this account.
inline std::vector<std::byte> one_account(std::uint64_t id) {
    const wire::Account account{.id = id, .ledger = 1, .code = 1};
    std::vector<std::byte> body(sizeof(account));
    std::memcpy(body.data(), &account, sizeof(account));
    return body;
}

}  // namespace elytra::test
