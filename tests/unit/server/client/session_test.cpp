#include "server/client/session.hpp"

#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/client/request.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"

using namespace elytra;
using namespace elytra::client;

namespace {

constexpr Instant start{1'000'000'000};
constexpr std::uint64_t millisecond = nanoseconds_per_millisecond;
constexpr u128 client_id = make_u128(0x0f0e0d0c0b0a0908, 0x0706050403020100);
constexpr std::uint32_t limit = 32'512;

Instant at(std::uint64_t milliseconds) {
    return Instant{start.nanoseconds + milliseconds * millisecond};
}

// Plays the servers and the network by hand; counts what the session does.
struct Script {
    explicit Script(std::uint8_t addresses = 1)
        : session({.client = ClientId{client_id}, .address_count = addresses}, control) {}

    // Performs the effects: remembers them and forgets them in the session.
    void settle() {
        for (Effect& effect : session.take_effects()) {
            if (Send* send = std::get_if<Send>(&effect)) record(*send);
            if (std::holds_alternative<Registered>(effect)) ++registered;
            if (Completed* done = std::get_if<Completed>(&effect)) completed = done->reply;
            if (Failed* end = std::get_if<Failed>(&effect)) failure = end->failure;
        }
    }

    void record(const Send& send) {
        if (send.message->frame().command == static_cast<std::uint8_t>(wire::Command::request)) {
            requests.push_back(send);
        } else {
            pings.push_back(send);
        }
    }

    Verdict deliver(const wire::MessageRef& message, Instant now, std::uint8_t address = 0) {
        const Verdict verdict = session.on_message(address, message, now);
        settle();
        return verdict;
    }

    void connect(std::uint8_t address, Instant now) {
        session.on_connected(address, now);
        settle();
    }

    void tick(Instant now) {
        session.on_tick(now);
        settle();
    }

    wire::ReplyHeader reply_header() const {
        const auto& asked = requests.back().message->header<wire::RequestHeader>();
        wire::ReplyHeader header;
        header.frame.release = asked.frame.release;
        header.frame.command = static_cast<std::uint8_t>(wire::Command::reply);
        header.request_checksum = asked.frame.checksum;
        header.client = asked.client;
        header.op = 7;
        header.commit = 7;
        header.timestamp = 1;
        header.request = asked.request;
        header.operation = asked.operation;
        return header;
    }

    wire::MessageRef reply(wire::ReplyHeader header, std::span<const std::byte> body) {
        wire::MessageRef message = pool.acquire();
        if (!body.empty()) {
            std::memcpy(message->body_capacity().data(), body.data(), body.size());
        }
        header.frame.size = wire::header_size + narrow<std::uint32_t>(body.size());
        wire::seal_reply(header, body);
        message->header<wire::ReplyHeader>() = header;
        return message;
    }

    template <class Header>
    wire::MessageRef header_only(Header header, wire::Command command) {
        header.frame.release = wire::release_server.value;
        header.frame.command = static_cast<std::uint8_t>(command);
        wire::seal(header, {});
        wire::MessageRef message = pool.acquire();
        message->header<Header>() = header;
        return message;
    }

    wire::MessageRef register_reply() {
        std::array<std::uint32_t, 16> body{limit};
        return reply(reply_header(), std::as_bytes(std::span(body)));
    }

    void become_registered() {
        connect(0, at(0));
        REQUIRE(deliver(register_reply(), at(1)) == Verdict::taken);
        REQUIRE(session.idle());
    }

    // Looks up one account.
    void submit(Instant now) {
        wire::MessageRef message = pool.acquire();
        const u128 id = 5;
        const std::uint32_t size =
            encode_batch(wire::Operation::lookup_accounts, std::as_bytes(std::span(&id, 1)),
                         message->body_capacity());
        prepare_request(*message, size);
        session.submit(wire::Operation::lookup_accounts, std::move(message), now);
        settle();
    }

    std::vector<std::byte> lookup_result(std::size_t accounts, std::size_t batches = 1) {
        std::vector<std::byte> body(8192);
        wire::MultiBatchEncoder encoder(body, sizeof(wire::Account));
        for (std::size_t batch = 0; batch < batches; ++batch) {
            std::memset(encoder.room().data(), 0, accounts * sizeof(wire::Account));
            encoder.end_batch(accounts * sizeof(wire::Account));
        }
        body.resize(encoder.finish());
        return body;
    }

    wire::MessagePool control{8, 512};
    wire::MessagePool pool{8, 16384};
    Session session;
    std::vector<Send> requests;
    std::vector<Send> pings;
    int registered = 0;
    wire::MessageRef completed;
    std::optional<Failure> failure;
};

std::vector<std::byte> copy_of(const wire::MessageRef& message) {
    return {message->bytes().begin(), message->bytes().end()};
}

}  // namespace

TEST_CASE("the register request leaves with the first connection, as the published bytes") {
    Script script;
    CHECK(script.requests.empty());
    script.connect(0, at(0));
    REQUIRE(script.requests.size() == 1);
    CHECK(script.requests[0].message->bytes().size() == 512);
    CHECK(script.requests[0].message->frame().checksum ==
          make_u128(0xa57764bf823d79e8, 0xe318455e690684a3));
    CHECK(script.pings.size() == 1);
}

TEST_CASE("a register reply opens the session for requests up to its limit") {
    Script script;
    script.become_registered();
    CHECK(script.registered == 1);
    CHECK(script.session.batch_size_limit() == limit);
}

TEST_CASE("a request carries the session, the next number and the context of the last reply") {
    Script script;
    script.connect(0, at(0));
    const wire::MessageRef opened = script.register_reply();
    script.deliver(opened, at(1));
    script.submit(at(2));
    const auto& first = script.requests.back().message->header<wire::RequestHeader>();
    CHECK(first.session == 7);
    CHECK(first.request == 1);
    CHECK(first.parent == opened->header<wire::ReplyHeader>().context);
    CHECK(first.previous_request_latency == 1000);

    const wire::MessageRef answer = script.reply(script.reply_header(), script.lookup_result(1));
    CHECK(script.deliver(answer, at(3)) == Verdict::taken);
    REQUIRE(script.completed);
    CHECK(results_of(wire::Operation::lookup_accounts, *script.completed).size() == 128);
    script.submit(at(4));
    const auto& second = script.requests.back().message->header<wire::RequestHeader>();
    CHECK(second.request == 2);
    CHECK(second.parent == answer->header<wire::ReplyHeader>().context);
}

TEST_CASE("a retransmission comes after 600 ms and repeats every byte") {
    Script script;
    script.become_registered();
    script.submit(at(10));
    const std::vector<std::byte> sent = copy_of(script.requests.back().message);
    CHECK(script.session.deadline() == at(610));
    script.tick(at(609));
    CHECK(script.requests.size() == 2);
    // A newer view changes where a request goes, not what it says.
    wire::PongClientHeader pong;
    pong.frame.view = 5;
    script.deliver(script.header_only(pong, wire::Command::pong_client), at(610));
    script.tick(at(610));
    REQUIRE(script.requests.size() == 3);
    CHECK(copy_of(script.requests.back().message) == sent);
    CHECK(script.session.deadline() > at(1200));
}

TEST_CASE("a retry goes to the primary and to one other address") {
    Script script(3);
    script.become_registered();
    script.connect(1, at(2));
    script.connect(2, at(2));
    wire::PongClientHeader pong;
    pong.frame.view = 4;
    script.deliver(script.header_only(pong, wire::Command::pong_client), at(3));
    script.submit(at(10));
    REQUIRE(script.requests.size() == 2);
    CHECK(script.requests.back().address == 1);
    script.tick(at(610));
    REQUIRE(script.requests.size() == 4);
    CHECK(script.requests[2].address == 1);
    CHECK(script.requests[3].address != 1);
}

TEST_CASE("a request made while nobody is connected leaves with the next connection") {
    Script script;
    script.become_registered();
    script.session.on_disconnected(0);
    script.submit(at(10));
    CHECK(script.requests.size() == 1);
    script.tick(at(5000));
    CHECK(script.requests.size() == 1);
    script.connect(0, at(6000));
    CHECK(script.requests.size() == 2);
    CHECK(script.session.deadline() == at(6600));
}

TEST_CASE("a reconnected primary gets the request again at once") {
    Script script;
    script.become_registered();
    script.submit(at(10));
    script.session.on_disconnected(0);
    script.connect(0, at(100));
    REQUIRE(script.requests.size() == 3);
    CHECK(copy_of(script.requests[1].message) == copy_of(script.requests[2].message));
}

TEST_CASE("duplicates, old replies and replies for others have no effect") {
    Script script;
    script.connect(0, at(0));
    const wire::MessageRef opened = script.register_reply();
    script.deliver(opened, at(1));
    CHECK(script.deliver(opened, at(1)) == Verdict::ignored);
    script.submit(at(2));
    CHECK(script.deliver(opened, at(2)) == Verdict::ignored);
    wire::ReplyHeader foreign = script.reply_header();
    foreign.client = 99;
    CHECK(script.deliver(script.reply(foreign, {}), at(3)) == Verdict::ignored);
    const wire::MessageRef answer = script.reply(script.reply_header(), script.lookup_result(0));
    CHECK(script.deliver(answer, at(3)) == Verdict::taken);
    CHECK(script.deliver(answer, at(3)) == Verdict::ignored);
    CHECK(script.registered == 1);
    CHECK_FALSE(script.failure.has_value());
}

TEST_CASE("malformed messages are ignored, those of another cluster close the connection") {
    Script script;
    script.become_registered();
    script.submit(at(2));
    wire::ReplyHeader skewed = script.reply_header();
    skewed.commit = 8;
    CHECK(script.deliver(script.reply(skewed, {}), at(3)) == Verdict::ignored);
    wire::ReplyHeader elsewhere = script.reply_header();
    elsewhere.frame.cluster = 1;
    CHECK(script.deliver(script.reply(elsewhere, {}), at(3)) == Verdict::close_connection);
    CHECK(script.deliver(script.header_only(wire::PingClientHeader{}, wire::Command::ping_client),
                         at(3)) == Verdict::ignored);
    CHECK_FALSE(script.failure.has_value());
}

TEST_CASE("a reply that cannot be ours ends the session with its reason") {
    struct Row {
        FailureKind kind;
        std::function<void(wire::ReplyHeader&)> spoil;
    };

    const Row rows[] = {
        {FailureKind::reply_release_mismatch, [](auto& header) { header.frame.release = 1; }},
        {FailureKind::reply_to_unknown_request, [](auto& header) { header.request = 2; }},
        {FailureKind::reply_to_other_request, [](auto& header) { header.request_checksum = 1; }},
        {FailureKind::reply_operation_mismatch, [](auto& header) { header.operation = 141; }},
        {FailureKind::reply_body_invalid, [](auto&) {}},
    };
    for (const Row& row : rows) {
        Script script;
        script.become_registered();
        script.submit(at(2));
        wire::ReplyHeader header = script.reply_header();
        row.spoil(header);
        script.deliver(script.reply(header, {}), at(3));
        REQUIRE(script.failure.has_value());
        CHECK(script.failure->kind == row.kind);
        CHECK(script.session.failed());
    }
}

TEST_CASE("a reply with more results or batches than asked for is invalid") {
    struct Row {
        std::size_t accounts;
        std::size_t batches;
        bool valid;
    };

    const Row rows[] = {{0, 1, true}, {1, 1, true}, {2, 1, false}, {0, 2, false}};
    for (const Row& row : rows) {
        CAPTURE(row.accounts);
        CAPTURE(row.batches);
        Script script;
        script.become_registered();
        script.submit(at(2));
        const auto body = script.lookup_result(row.accounts, row.batches);
        script.deliver(script.reply(script.reply_header(), body), at(3));
        CHECK(static_cast<bool>(script.completed) == row.valid);
        CHECK(script.failure.has_value() != row.valid);
    }
}

TEST_CASE("a reply nobody asked for ends the session only if it names a future request") {
    Script script;
    script.become_registered();
    script.submit(at(2));
    wire::ReplyHeader header = script.reply_header();
    script.deliver(script.reply(header, script.lookup_result(0)), at(3));
    header.request = 2;
    script.deliver(script.reply(header, script.lookup_result(0)), at(4));
    REQUIRE(script.failure.has_value());
    CHECK(script.failure->kind == FailureKind::reply_to_unknown_request);
}

TEST_CASE("a batch size limit outside the protocol's bounds ends the session") {
    for (const std::uint32_t offered : {0U, wire::body_size_max + 1}) {
        Script script;
        script.connect(0, at(0));
        std::array<std::uint32_t, 16> body{offered};
        script.deliver(script.reply(script.reply_header(), std::as_bytes(std::span(body))), at(1));
        REQUIRE(script.failure.has_value());
        CHECK(script.failure->kind == FailureKind::batch_size_limit_invalid);
    }
}

TEST_CASE("an eviction ends the session for good and tells why") {
    Script script;
    script.become_registered();
    script.submit(at(2));
    wire::EvictionHeader eviction;
    eviction.client = client_id;
    eviction.reason = static_cast<std::uint8_t>(wire::EvictionReason::client_release_too_high);
    script.deliver(script.header_only(eviction, wire::Command::eviction), at(3));
    REQUIRE(script.failure.has_value());
    CHECK(*script.failure == Failure{.kind = FailureKind::evicted,
                                     .reason = wire::EvictionReason::client_release_too_high,
                                     .server_release = wire::release_server});
    const std::size_t sent = script.requests.size();
    script.tick(at(100'000));
    CHECK(script.deliver(script.reply(script.reply_header(), {}), at(4)) == Verdict::ignored);
    CHECK(script.requests.size() == sent);
    CHECK(script.pings.size() == 1);
}

TEST_CASE("evictions of others, of an old view or without a known reason are ignored") {
    Script script;
    script.become_registered();
    wire::PongClientHeader pong;
    pong.frame.view = 2;
    script.deliver(script.header_only(pong, wire::Command::pong_client), at(2));

    struct Row {
        u128 client;
        std::uint32_t view;
        std::uint8_t reason;
    };

    const Row rows[] = {{99, 2, 1}, {client_id, 1, 1}, {client_id, 2, 0}, {client_id, 2, 9}};
    for (const Row& row : rows) {
        wire::EvictionHeader eviction;
        eviction.client = row.client;
        eviction.frame.view = row.view;
        eviction.reason = row.reason;
        CHECK(script.deliver(script.header_only(eviction, wire::Command::eviction), at(3)) ==
              Verdict::ignored);
    }
    CHECK_FALSE(script.failure.has_value());
}

TEST_CASE("a registered client pings every address each 30 seconds, with its session") {
    Script script(2);
    script.become_registered();
    script.connect(1, at(5));
    CHECK(script.pings.size() == 2);
    script.tick(at(29'999));
    CHECK(script.pings.size() == 2);
    CHECK(script.session.deadline() == at(30'000));
    script.tick(at(30'000));
    REQUIRE(script.pings.size() == 4);
    CHECK(script.pings.back().message->header<wire::PingClientHeader>().session == 7);
}

TEST_CASE("pings are left out while their messages are in use") {
    Script script;
    std::vector<wire::MessageRef> taken;
    while (!script.control.empty()) taken.push_back(script.control.acquire());
    script.connect(0, at(0));
    CHECK(script.requests.size() == 1);
    CHECK(script.pings.empty());
}
