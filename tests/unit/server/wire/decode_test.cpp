#include "server/wire/decode.hpp"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/admission.hpp"
#include "server/wire/operation.hpp"
#include "tests/support/wire_vectors.hpp"

using namespace elytra;
using namespace elytra::wire;

namespace {

constexpr std::uint8_t raw(Command command) { return static_cast<std::uint8_t>(command); }

constexpr std::uint8_t raw(Operation operation) { return static_cast<std::uint8_t>(operation); }

template <HeaderType T>
std::span<const std::byte> bytes_of(const T& header) {
    return std::as_bytes(std::span(&header, 1));
}

std::string vector_hex(const std::string& name) {
    for (const auto& vector : test::wire_vectors()["messages"]) {
        if (vector["name"] == name) return vector["hex"];
    }
    FAIL("no message named " << name);
    return {};
}

// The message of that name has exactly this header.
template <HeaderType T>
void check_header(const T& header, const std::string& name) {
    const std::vector<std::byte> expected = test::from_hex(vector_hex(name));
    CAPTURE(name);
    CHECK(std::memcmp(&header, expected.data(), header_size) == 0);
}

bool well_formed_as_its_command(const Message& message) {
    switch (static_cast<Command>(message.frame().command)) {
        case Command::ping_client:
            return well_formed(message.header<PingClientHeader>());
        case Command::pong_client:
            return well_formed(message.header<PongClientHeader>());
        case Command::request:
            return well_formed(message.header<RequestHeader>());
        case Command::reply:
            return well_formed(message.header<ReplyHeader>());
        case Command::eviction:
            return well_formed(message.header<EvictionHeader>());
        case Command::prepare:
            return well_formed(message.header<PrepareHeader>());
        case Command::reserved:
            return false;
    }
    return false;
}

const u128 client = make_u128(0x0f0e0d0c0b0a0908, 0x0706050403020100);

Frame frame(Command command, std::uint32_t size = header_size) {
    Frame valid;
    valid.command = raw(command);
    valid.size = size;
    valid.release = release_server.value;
    return valid;
}

RequestHeader request_header(Operation operation, std::uint32_t body_size) {
    RequestHeader header;
    header.frame = frame(Command::request, header_size + body_size);
    header.client = client;
    header.operation = raw(operation);
    if (operation != Operation::register_session) {
        header.session = 2;
        header.request = 1;
    }
    return header;
}

ReplyHeader reply_header(Operation operation, std::uint32_t body_size) {
    ReplyHeader header;
    header.frame = frame(Command::reply, header_size + body_size);
    header.client = client;
    header.op = 2;
    header.commit = 2;
    header.timestamp = 1'700'000'000'000'000'000;
    header.request = operation == Operation::register_session ? 0 : 1;
    header.operation = raw(operation);
    return header;
}

PrepareHeader prepare_header(Operation operation, std::uint32_t body_size) {
    PrepareHeader header;
    header.frame = frame(Command::prepare, header_size + body_size);
    header.op = 2;
    header.commit = 1;
    header.timestamp = 1;
    header.operation = raw(operation);
    return header;
}

// Whether the header is refused after the change of a single part of it.
template <class T, class Change>
bool refused_after(T header, Change change) {
    REQUIRE(well_formed(header));
    change(header);
    return !well_formed(header);
}

}  // namespace

TEST_CASE("every published message is accepted whole, by anyone it may reach") {
    MessagePool pool(1, message_size_max);
    for (const auto& vector : test::wire_vectors()["messages"]) {
        const std::string name = vector["name"];
        CAPTURE(name);
        const MessageRef message = test::receive(pool, vector["hex"].get<std::string>());
        const auto size = decode_header(bytes_of(message->header<Header>()), message_size_max);
        REQUIRE(size.has_value());
        CHECK(*size == vector["size"].get<std::uint32_t>());
        CHECK(body_intact(*message));
        CHECK(well_formed_as_its_command(*message));
        if (message->frame().command == raw(Command::request)) {
            CHECK(refuse_request(message->header<RequestHeader>(), message->body(), {}) ==
                  std::nullopt);
        }
    }
}

TEST_CASE("sealing a published message again changes nothing") {
    MessagePool pool(1, message_size_max);
    for (const auto& vector : test::wire_vectors()["messages"]) {
        const std::string name = vector["name"];
        CAPTURE(name);
        const MessageRef message = test::receive(pool, vector["hex"].get<std::string>());
        auto& header = message->header<Header>();
        const Header before = header;
        header.frame.checksum = 0;
        header.frame.checksum_body = 0;
        seal(header, message->body());
        CHECK(std::memcmp(&header, &before, header_size) == 0);
    }
}

TEST_CASE("the start of a session has the published bytes") {
    PingClientHeader ping;
    ping.frame = frame(Command::ping_client);
    ping.client = client;
    ping.ping_timestamp_monotonic = 123'456'789;
    seal(ping, {});
    check_header(ping, "ping_client before a session exists");

    PongClientHeader pong;
    pong.frame = frame(Command::pong_client);
    pong.frame.view = 1;
    pong.ping_timestamp_monotonic = ping.ping_timestamp_monotonic;
    seal(pong, {});
    check_header(pong, "pong_client answering it");

    RequestHeader request = request_header(Operation::register_session, register_body_size);
    seal(request, std::vector<std::byte>(register_body_size));
    check_header(request, "register");

    ReplyHeader reply = reply_header(Operation::register_session, register_result_size);
    reply.frame.view = 1;
    reply.request_checksum = request.frame.checksum;
    std::array<std::byte, register_result_size> result{};
    std::memcpy(result.data(), &body_size_max, sizeof(body_size_max));
    seal_reply(reply, result);
    check_header(reply, "register reply (session 2)");
    reply.frame.view = 2;
    seal_header(reply);
    check_header(reply, "register reply retransmitted after a restart into view 2");

    EvictionHeader eviction;
    eviction.frame = frame(Command::eviction);
    eviction.frame.view = 1;
    eviction.client = client;
    eviction.reason = static_cast<std::uint8_t>(EvictionReason::session_too_low);
    seal(eviction, {});
    check_header(eviction, "eviction session_too_low");
}

TEST_CASE("decode_header rejects every size outside the message limits") {
    struct Row {
        std::uint32_t size;
        bool accepted;
    };

    const Row rows[] = {{0, false},    {header_size - 1, false},  {header_size, true}, {8192, true},
                        {8193, false}, {message_size_max, false}, {~0U, false}};
    for (const Row& row : rows) {
        CAPTURE(row.size);
        Header header;
        header.frame = frame(Command::request, row.size);
        seal_header(header);
        const auto size = decode_header(bytes_of(header), 8192);
        REQUIRE(size.has_value() == row.accepted);
        if (!row.accepted) CHECK(size.error() == DecodeError::size_out_of_range);
    }
}

TEST_CASE("decode_header knows the commands from 1 to 24 and no others") {
    for (std::uint32_t command = 0; command < 256; ++command) {
        CAPTURE(command);
        Header header;
        header.frame.command = static_cast<std::uint8_t>(command);
        seal_header(header);
        const auto size = decode_header(bytes_of(header), message_size_max);
        REQUIRE(size.has_value() == (command >= 1 && command <= 24));
        if (!size.has_value()) CHECK(size.error() == DecodeError::unknown_command);
    }
}

TEST_CASE("a flipped bit anywhere in a header is found before the size is believed") {
    Header header;
    header.frame = frame(Command::request);
    seal_header(header);
    std::array<std::byte, header_size + 1> buffer{};
    for (std::size_t bit = 0; bit < header_size * 8; bit += 5) {
        CAPTURE(bit);
        std::memcpy(buffer.data() + 1, &header, header_size);  // at an odd address
        buffer[1 + bit / 8] ^= std::byte{1} << (bit % 8);
        const auto size = decode_header(std::span(buffer).subspan(1), message_size_max);
        REQUIRE_FALSE(size.has_value());
        CHECK(size.error() == DecodeError::checksum_mismatch);
    }
}

TEST_CASE("a body is intact when its checksum is that of the header") {
    MessagePool pool(1, message_size_max);
    const MessageRef message = pool.acquire();
    message->header<RequestHeader>() = request_header(Operation::lookup_accounts, 16);
    std::memset(message->body_capacity().data(), 7, 17);
    seal(message->header<RequestHeader>(), message->body());
    CHECK(body_intact(*message));
    message->body_capacity()[16] = std::byte{8};  // behind the body
    CHECK(body_intact(*message));
    message->body_capacity()[15] = std::byte{8};
    CHECK_FALSE(body_intact(*message));
    message->frame().size = header_size;
    CHECK_FALSE(body_intact(*message));
    message->frame().checksum_body = checksum_empty;
    CHECK(body_intact(*message));
}

TEST_CASE("the common fields of every header are zero where they are reserved") {
    const auto check = [](auto valid) {
        using Any = decltype(valid);
        CHECK(refused_after(valid, [](Any& header) { header.frame.checksum_padding = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.frame.checksum_body_padding = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.frame.nonce_reserved = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.frame.epoch = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.frame.protocol = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.frame.reserved_frame[11] = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.frame.command = 2; }));
        CHECK(refused_after(valid, [](Any& header) { header.reserved.front() = 1; }));
        CHECK(refused_after(valid, [](Any& header) { header.reserved.back() = 1; }));
    };
    PingClientHeader ping;
    ping.frame = frame(Command::ping_client);
    ping.client = client;
    check(ping);
    PongClientHeader pong;
    pong.frame = frame(Command::pong_client);
    check(pong);
    check(request_header(Operation::noop, 0));
    check(reply_header(Operation::noop, 0));
    EvictionHeader eviction;
    eviction.frame = frame(Command::eviction);
    eviction.client = client;
    eviction.reason = 1;
    check(eviction);
    check(prepare_header(Operation::noop, 0));
}

TEST_CASE("a ping is for nobody in particular and has no body") {
    PingClientHeader ping;
    ping.frame = frame(Command::ping_client);
    ping.client = client;
    using Ping = PingClientHeader;
    CHECK(refused_after(ping, [](Ping& header) { header.frame.size += 1; }));
    CHECK(refused_after(ping, [](Ping& header) { header.frame.view = 1; }));
    CHECK(refused_after(ping, [](Ping& header) { header.frame.release = 0; }));
    CHECK(refused_after(ping, [](Ping& header) { header.frame.replica = 1; }));
    CHECK(refused_after(ping, [](Ping& header) { header.client = 0; }));
    ping.session = 3;
    CHECK(well_formed(ping));
}

TEST_CASE("a pong names one of the six addresses that a client may have") {
    PongClientHeader pong;
    pong.frame = frame(Command::pong_client);
    pong.frame.replica = 5;
    using Pong = PongClientHeader;
    CHECK(refused_after(pong, [](Pong& header) { header.frame.replica = 6; }));
    CHECK(refused_after(pong, [](Pong& header) { header.frame.size += 1; }));
    CHECK(refused_after(pong, [](Pong& header) { header.frame.release = 0; }));
}

TEST_CASE("a register is the first request, before there is a session") {
    const RequestHeader valid = request_header(Operation::register_session, register_body_size);
    using Request = RequestHeader;
    CHECK(refused_after(valid, [](Request& header) { header.parent = 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.session = 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.request = 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.frame.size += 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.frame.size = header_size + 1; }));
    CHECK_FALSE(refused_after(valid, [](Request& header) { header.frame.size = header_size; }));
}

TEST_CASE("other requests belong to a session and are numbered from 1") {
    const RequestHeader valid = request_header(Operation::lookup_accounts, 16);
    using Request = RequestHeader;
    CHECK(refused_after(valid, [](Request& header) { header.session = 0; }));
    CHECK(refused_after(valid, [](Request& header) { header.request = 0; }));
    CHECK(refused_after(valid, [](Request& header) { header.client = 0; }));
    CHECK(refused_after(valid, [](Request& header) { header.parent_padding = 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.padding[2] = 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.frame.replica = 1; }));
    CHECK(refused_after(valid, [](Request& header) { header.frame.release = 0; }));
    CHECK_FALSE(refused_after(valid, [](Request& header) {
        header.previous_request_latency = 1;
        header.parent = 1;
        header.timestamp = 1;
        header.frame.view = 9;
    }));
}

TEST_CASE("operations below 128 are dropped, except the three that have an answer") {
    for (std::uint32_t number = 0; number < 256; ++number) {
        CAPTURE(number);
        RequestHeader header = request_header(Operation::noop, 0);
        header.operation = static_cast<std::uint8_t>(number);
        CHECK(well_formed(header) == (number == 3 || number == 6 || number >= 128));
    }
    RequestHeader noop = request_header(Operation::noop, 16);
    CHECK_FALSE(well_formed(noop));
}

TEST_CASE("a reply is committed at its own op and has a time") {
    const ReplyHeader valid = reply_header(Operation::lookup_accounts, 128);
    using Reply = ReplyHeader;
    CHECK(refused_after(valid, [](Reply& header) { header.frame.release = 0; }));
    CHECK(refused_after(valid, [](Reply& header) { header.request_checksum_padding = 1; }));
    CHECK(refused_after(valid, [](Reply& header) { header.context_padding = 1; }));
    CHECK(refused_after(valid, [](Reply& header) { header.client = 0; }));
    CHECK(refused_after(valid, [](Reply& header) { header.commit = 3; }));
    CHECK(refused_after(valid, [](Reply& header) { header.op = header.commit = 0; }));
    CHECK(refused_after(valid, [](Reply& header) { header.timestamp = 0; }));
    CHECK(refused_after(valid, [](Reply& header) { header.request = 0; }));
    const ReplyHeader first = reply_header(Operation::register_session, register_result_size);
    CHECK(refused_after(first, [](Reply& header) { header.request = 1; }));
    CHECK(refused_after(first, [](Reply& header) { header.frame.size = header_size; }));
}

TEST_CASE("an eviction has one of eight reasons") {
    for (std::uint32_t reason = 0; reason < 256; ++reason) {
        CAPTURE(reason);
        EvictionHeader eviction;
        eviction.frame = frame(Command::eviction);
        eviction.client = client;
        eviction.reason = static_cast<std::uint8_t>(reason);
        CHECK(well_formed(eviction) == (reason >= 1 && reason <= 8));
    }
    EvictionHeader eviction;
    eviction.frame = frame(Command::eviction);
    eviction.client = client;
    eviction.reason = 1;
    using Eviction = EvictionHeader;
    CHECK(refused_after(eviction, [](Eviction& header) { header.client = 0; }));
    CHECK(refused_after(eviction, [](Eviction& header) { header.frame.size += 1; }));
    CHECK(refused_after(eviction, [](Eviction& header) { header.frame.release = 0; }));
}

TEST_CASE("a prepare has a place in the log, a time and a known operation") {
    const PrepareHeader valid = prepare_header(Operation::create_transfers, 256);
    using Prepare = PrepareHeader;
    CHECK(refused_after(valid, [](Prepare& header) { header.op = header.commit = 0; }));
    CHECK(refused_after(valid, [](Prepare& header) { header.commit = header.op; }));
    CHECK(refused_after(valid, [](Prepare& header) { header.timestamp = 0; }));
    CHECK(refused_after(valid, [](Prepare& header) { header.operation = 3; }));
    CHECK(refused_after(valid, [](Prepare& header) { header.operation = 148; }));
    CHECK(refused_after(valid, [](Prepare& header) { header.frame.size = header_size - 1; }));
    CHECK(refused_after(valid, [](Prepare& header) { header.frame.size = message_size_max + 1; }));
}

TEST_CASE("the body of a prepare has the size that its operation demands") {
    CHECK(well_formed(prepare_header(Operation::register_session, register_body_size)));
    CHECK_FALSE(well_formed(prepare_header(Operation::register_session, 0)));
    CHECK(well_formed(prepare_header(Operation::pulse, 0)));
    CHECK_FALSE(well_formed(prepare_header(Operation::pulse, 1)));
    CHECK(well_formed(prepare_header(Operation::noop, 0)));
    CHECK_FALSE(well_formed(prepare_header(Operation::noop, 1)));
}
