#include "server/vsr/compose.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "server/wire/checksum.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/release.hpp"

using namespace elytra;
using namespace elytra::vsr;

namespace {

constexpr Speaker speaker{.cluster = ClusterId{9}, .replica = ReplicaIndex{0}, .view = View{3}};
constexpr LogPlace place{.op = Op{8}, .parent = 77, .commit = Op{7}, .timestamp = 1234};

struct Fixture {
    wire::MessagePool pool{2, wire::message_size_max};
    wire::MessageRef message = pool.acquire();

    // A register as a client of an older release sends it.
    wire::RequestHeader put_register() {
        std::ranges::fill(message->body_capacity().first(wire::register_body_size), std::byte{});
        wire::RequestHeader request;
        request.frame.cluster = speaker.cluster.value;
        request.frame.size = wire::header_size + wire::register_body_size;
        request.frame.release = wire::make_release(0, 16, 40).value;
        request.frame.command = static_cast<std::uint8_t>(wire::Command::request);
        request.client = 55;
        request.operation = static_cast<std::uint8_t>(wire::Operation::register_session);
        message->header<wire::RequestHeader>() = request;
        wire::seal(message->header<wire::RequestHeader>(), message->body());
        return message->header<wire::RequestHeader>();
    }
};

}  // namespace

TEST_CASE("a prepare keeps the request's body and names the request by its checksum") {
    Fixture fixture;
    const wire::RequestHeader request = fixture.put_register();
    request_to_prepare(*fixture.message, speaker, place);
    const auto& prepare = fixture.message->header<wire::PrepareHeader>();
    CHECK(wire::header_intact(prepare));
    CHECK(wire::well_formed(prepare));
    CHECK(wire::body_intact(*fixture.message));
    CHECK(prepare.request_checksum == request.frame.checksum);
    CHECK(prepare.client == request.client);
    CHECK(prepare.frame.release == request.frame.release);
    CHECK(prepare.op == place.op.value);
    CHECK(prepare.parent == place.parent);
    CHECK(prepare.timestamp == place.timestamp);
}

TEST_CASE("a reply answers in the release of the request and echoes its identity") {
    Fixture fixture;
    fixture.put_register();
    request_to_prepare(*fixture.message, speaker, place);
    const wire::PrepareHeader prepare = fixture.message->header<wire::PrepareHeader>();
    const wire::MessageRef reply = fixture.pool.acquire();
    std::ranges::fill(reply->body_capacity().first(wire::register_result_size), std::byte{});
    make_reply(*reply, speaker, prepare, wire::register_result_size);
    const auto& header = reply->header<wire::ReplyHeader>();
    CHECK(wire::header_intact(header));
    CHECK(wire::well_formed(header));
    CHECK(wire::body_intact(*reply));
    CHECK(header.frame.release == prepare.frame.release);
    CHECK(header.request_checksum == prepare.request_checksum);
    CHECK(header.op == 8);
    CHECK(header.timestamp == 1234);
}

TEST_CASE("a reply sent again in a newer view keeps everything but the view") {
    Fixture fixture;
    fixture.put_register();
    request_to_prepare(*fixture.message, speaker, place);
    const wire::PrepareHeader prepare = fixture.message->header<wire::PrepareHeader>();
    make_reply(*fixture.message, speaker, prepare, 0);
    const wire::ReplyHeader before = fixture.message->header<wire::ReplyHeader>();
    wire::ReplyHeader raised = before;
    raise_view(raised, View{2});
    CHECK(raised.frame.view == before.frame.view);
    raise_view(raised, View{4});
    CHECK(raised.frame.view == 4);
    CHECK(raised.context == before.context);
    CHECK(wire::header_intact(raised));
}

TEST_CASE("a pong returns the client's clock reading") {
    Fixture fixture;
    wire::PingClientHeader ping;
    ping.ping_timestamp_monotonic = 42;
    make_pong(*fixture.message, speaker, ping);
    const auto& pong = fixture.message->header<wire::PongClientHeader>();
    CHECK(wire::well_formed(pong));
    CHECK(wire::header_intact(pong));
    CHECK(pong.ping_timestamp_monotonic == 42);
    CHECK(pong.frame.view == 3);
}

TEST_CASE("an eviction names the client and the reason") {
    Fixture fixture;
    make_eviction(*fixture.message, speaker, ClientId{5}, wire::EvictionReason::session_too_low);
    const auto& eviction = fixture.message->header<wire::EvictionHeader>();
    CHECK(wire::well_formed(eviction));
    CHECK(wire::header_intact(eviction));
    CHECK(eviction.client == 5);
    CHECK(eviction.reason == 7);
}

TEST_CASE("an internal prepare belongs to no client and has no body") {
    Fixture fixture;
    make_internal_prepare(*fixture.message, speaker, place, wire::Operation::pulse);
    const auto& prepare = fixture.message->header<wire::PrepareHeader>();
    CHECK(wire::well_formed(prepare));
    CHECK(wire::header_intact(prepare));
    CHECK(prepare.client == 0);
    CHECK(prepare.frame.size == wire::header_size);
}
