#include "bench/load/driver_protocol.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "server/wire/body.hpp"

using namespace elytra;
using namespace elytra::bench;
using namespace std::string_literals;
using namespace std::string_view_literals;
using wire::Operation;

namespace {

std::string bytes_of(const DriverHead& head) {
    std::string text;
    for (const std::byte byte : head) text.push_back(static_cast<char>(byte));
    return text;
}

DriverHead head_of(std::string_view text) {
    DriverHead head{};
    for (std::size_t at = 0; at < head.size(); ++at) head[at] = static_cast<std::byte>(text[at]);
    return head;
}

DriverRequest request(Operation operation, std::uint32_t size) {
    return {.number = 5, .operation = static_cast<std::uint32_t>(operation), .size = size};
}

template <class T>
bool refused_for(const Result<T, std::string>& decoded, std::string_view why) {
    if (decoded.has_value()) return false;
    CAPTURE(decoded.error());
    return decoded.error().find(why) != std::string::npos;
}

}  // namespace

TEST_CASE("the heads of the driver protocol are the documented bytes") {
    CHECK(bytes_of(encode(DriverHello{.events_max = 8189})) ==
          "ELYD\x01\0\0\0\xfd\x1f\0\0\0\0\0\0"s);
    CHECK(bytes_of(encode(request(Operation::create_transfers, 256))) ==
          "\x05\0\0\0\0\0\0\0\x93\0\0\0\0\x01\0\0"s);
    CHECK(bytes_of(encode(DriverAnswer{.number = 0x0102030405060708, .size = 32})) ==
          "\x08\x07\x06\x05\x04\x03\x02\x01\x20\0\0\0\0\0\0\0"s);
}

TEST_CASE("a hello is accepted as documented, and every other one refused for its reason") {
    const DriverHello good{.events_max = 1};
    REQUIRE(decode_hello(encode(good)).has_value());
    CHECK(*decode_hello(encode(good)) == good);
    CHECK(refused_for(decode_hello(encode(DriverHello{.version = 2, .events_max = 1})),
                      "version 2, must be 1"));
    CHECK(refused_for(decode_hello(encode(DriverHello{.events_max = 0})), "0 events"));
    CHECK(refused_for(decode_hello(encode(DriverHello{.events_max = 1, .reserved = 9})),
                      "ends with 9, must be 0"));
    CHECK(refused_for(decode_hello(head_of("Listening on :80")), "it said \"Listening on :80\""));
    CHECK(refused_for(decode_hello(head_of("\n\0\x01\x02 binary \xff\xfe ok"sv)),
                      "instead of a hello"));
}

TEST_CASE("a driver accepts requests that a client can send, and no others") {
    const std::uint32_t events_max =
        wire::events_max(Operation::create_transfers, wire::body_size_max);

    struct Row {
        Operation operation;
        std::uint32_t size;
        bool accepted;
    };

    const Row rows[] = {
        {Operation::create_transfers, 0, true},
        {Operation::create_transfers, 128, true},
        {Operation::create_transfers, 127, false},
        {Operation::create_transfers, events_max * 128, true},
        {Operation::create_transfers, (events_max + 1) * 128, false},
        {Operation::lookup_accounts, 16, true},
        {Operation::get_account_transfers, 128, true},
        {Operation::get_account_transfers, 0, false},
        {Operation::get_account_transfers, 256, false},
        {Operation::register_session, 0, false},
        {Operation::pulse, 0, false},
        {Operation{1}, 0, false},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.operation));
        CAPTURE(row.size);
        const DriverRequest asked = request(row.operation, row.size);
        const auto decoded = decode_request(encode(asked));
        REQUIRE(decoded.has_value() == row.accepted);
        if (row.accepted) CHECK(*decoded == asked);
    }
    const DriverRequest large{.number = 1, .operation = 147 + 256, .size = 128};
    CHECK(refused_for(decode_request(encode(large)), "operation 403"));
}

TEST_CASE("an answer has the number of its request and whole results, no more than asked for") {
    const DriverRequest asked = request(Operation::create_transfers, 3 * 128);
    const auto decode = [&](const DriverAnswer& answer) {
        return decode_answer(encode(answer), asked, 3);
    };
    for (const std::uint32_t size : {0U, 16U, 48U}) {
        const DriverAnswer answer{.number = 5, .size = size};
        REQUIRE(decode(answer).has_value());
        CHECK(*decode(answer) == answer);
    }
    CHECK(refused_for(decode({.number = 4, .size = 48}),
                      "it answered request 4 while request 5 (create_transfers) was in flight"));
    CHECK(refused_for(decode({.number = 5, .size = 47}), "no whole results of 16 bytes"));
    CHECK(refused_for(decode({.number = 5, .size = 64}), "4 results, at most 3"));
    CHECK(refused_for(decode({.number = 5, .size = 0xffffffff}), "no whole results"));
    CHECK(refused_for(decode({.number = 5, .size = 0xfffffff0}), "at most 3"));
    CHECK(refused_for(decode({.number = 5, .size = 48, .reserved = 1}), "1 where 0 must be"));
}
