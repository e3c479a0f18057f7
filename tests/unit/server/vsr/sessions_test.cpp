#include "server/vsr/sessions.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "server/wire/checksum.hpp"
#include "server/wire/operation.hpp"

using namespace elytra;
using namespace elytra::vsr;

namespace {

constexpr std::uint32_t release = 0x1109;

struct Table {
    wire::MessagePool pool{8, wire::header_size};
    Sessions sessions{2};

    wire::MessageRef reply(ClientId client, std::uint64_t op, std::uint32_t request) {
        wire::ReplyHeader header;
        header.frame.release = release;
        header.client = client.value;
        header.op = op;
        header.request = request;
        header.request_checksum = 1000 + op;
        header.context = 2000 + op;
        wire::MessageRef message = pool.acquire();
        message->header<wire::ReplyHeader>() = header;
        return message;
    }

    std::optional<ClientId> open(ClientId client, std::uint64_t op) {
        return sessions.open(client, Op{op}, reply(client, op, 0));
    }
};

wire::RequestHeader register_of(ClientId client) {
    wire::RequestHeader request;
    request.frame.release = release;
    request.client = client.value;
    request.operation = static_cast<std::uint8_t>(wire::Operation::register_session);
    return request;
}

wire::RequestHeader request_of(ClientId client, std::uint64_t session, std::uint32_t number) {
    wire::RequestHeader request = register_of(client);
    request.operation = static_cast<std::uint8_t>(wire::Operation::lookup_accounts);
    request.session = session;
    request.request = number;
    return request;
}

constexpr ClientId one{11};
constexpr ClientId two{12};
constexpr ClientId three{13};

}  // namespace

TEST_CASE("without a session only a register is accepted") {
    Table table;
    CHECK(table.sessions.judge(register_of(one)) == SessionVerdict::accept);
    CHECK(table.sessions.judge(request_of(one, 5, 1)) == SessionVerdict::evict_no_session);
}

TEST_CASE("the next request continues a session only with the context of the last reply") {
    Table table;
    table.open(one, 5);
    wire::RequestHeader next = request_of(one, 5, 1);
    CHECK(table.sessions.judge(next) == SessionVerdict::drop);
    next.parent = 2005;
    CHECK(table.sessions.judge(next) == SessionVerdict::accept);
    next.request = 2;
    CHECK(table.sessions.judge(next) == SessionVerdict::drop);
}

TEST_CASE("a copy of the last request is answered from the store, a different one is not") {
    Table table;
    table.open(one, 5);
    wire::RequestHeader copy = register_of(one);
    copy.frame.checksum = 1005;
    CHECK(table.sessions.judge(copy) == SessionVerdict::resend);
    copy.frame.checksum = 1;
    CHECK(table.sessions.judge(copy) == SessionVerdict::drop);
    table.sessions.store_reply(one, table.reply(one, 9, 1));
    copy.frame.checksum = 1005;
    CHECK(table.sessions.judge(copy) == SessionVerdict::drop);
}

TEST_CASE("an older session number is evicted, a newer one dropped") {
    Table table;
    table.open(one, 5);
    CHECK(table.sessions.judge(request_of(one, 4, 1)) == SessionVerdict::evict_session_too_low);
    CHECK(table.sessions.judge(request_of(one, 6, 1)) == SessionVerdict::drop);
}

TEST_CASE("a session belongs to the release that registered it") {
    Table table;
    table.open(one, 5);
    wire::RequestHeader other = request_of(one, 5, 1);
    other.frame.release = release - 1;
    CHECK(table.sessions.judge(other) == SessionVerdict::evict_release_mismatch);
}

TEST_CASE("a full table gives up the session that was executed least recently") {
    Table table;
    CHECK_FALSE(table.open(one, 5).has_value());
    CHECK_FALSE(table.open(two, 6).has_value());
    table.sessions.store_reply(one, table.reply(one, 7, 1));
    CHECK(table.open(three, 8) == two);
    CHECK(table.sessions.find(two) == nullptr);
    CHECK(table.sessions.find(one) != nullptr);
    CHECK(table.sessions.size() == 2);
}

TEST_CASE("a reply for a session that has been pushed out is not stored") {
    Table table;
    table.open(one, 5);
    table.sessions.store_reply(two, table.reply(two, 6, 1));
    CHECK(table.sessions.size() == 1);
    CHECK(table.sessions.find(two) == nullptr);
}
