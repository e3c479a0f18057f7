#include "server/vsr/compose.hpp"

#include "server/common/assert.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/release.hpp"

namespace elytra::vsr {
namespace {

wire::Frame frame_of(const Speaker& speaker, wire::Command command) {
    wire::Frame frame;
    frame.cluster = speaker.cluster.value;
    frame.view = speaker.view.value;
    frame.release = wire::release_server.value;
    frame.command = static_cast<std::uint8_t>(command);
    frame.replica = speaker.replica.value;
    return frame;
}

wire::PrepareHeader prepare_of(const Speaker& speaker, const LogPlace& place) {
    ELYTRA_ASSERT(place.op.value > 0);
    ELYTRA_ASSERT(place.timestamp > 0);
    ELYTRA_ASSERT(place.commit < place.op);
    wire::PrepareHeader prepare;
    prepare.frame = frame_of(speaker, wire::Command::prepare);
    prepare.parent = place.parent;
    prepare.checkpoint_id = place.checkpoint_id;
    prepare.op = place.op.value;
    prepare.commit = place.commit.value;
    prepare.timestamp = place.timestamp;
    return prepare;
}

}  // namespace

void request_to_prepare(wire::Message& message, const Speaker& speaker, const LogPlace& place) {
    const wire::RequestHeader request = message.header<wire::RequestHeader>();
    wire::PrepareHeader prepare = prepare_of(speaker, place);
    prepare.frame.size = request.frame.size;
    prepare.frame.release = request.frame.release;
    prepare.frame.checksum_body = request.frame.checksum_body;
    prepare.request_checksum = request.frame.checksum;
    prepare.client = request.client;
    prepare.session = request.session;
    prepare.request = request.request;
    prepare.operation = request.operation;
    wire::seal_header(prepare);
    message.header<wire::PrepareHeader>() = prepare;
}

void make_internal_prepare(wire::Message& message, const Speaker& speaker, const LogPlace& place,
                           wire::Operation operation) {
    wire::PrepareHeader prepare = prepare_of(speaker, place);
    prepare.operation = static_cast<std::uint8_t>(operation);
    wire::seal(prepare, {});
    message.header<wire::PrepareHeader>() = prepare;
}

void make_reply(wire::Message& message, const Speaker& speaker, const wire::PrepareHeader& prepare,
                std::uint32_t body_size) {
    ELYTRA_ASSERT(prepare.client != 0);
    ELYTRA_ASSERT(body_size <= wire::body_size_max);
    wire::ReplyHeader reply;
    reply.frame = frame_of(speaker, wire::Command::reply);
    reply.frame.size = wire::header_size + body_size;
    reply.frame.view = prepare.frame.view;
    reply.frame.release = prepare.frame.release;
    reply.frame.replica = prepare.frame.replica;
    reply.request_checksum = prepare.request_checksum;
    reply.client = prepare.client;
    reply.op = prepare.op;
    reply.commit = prepare.op;
    reply.timestamp = prepare.timestamp;
    reply.request = prepare.request;
    reply.operation = prepare.operation;
    message.header<wire::ReplyHeader>() = reply;
    wire::seal_reply(message.header<wire::ReplyHeader>(), message.body());
}

void raise_view(wire::ReplyHeader& reply, View view) {
    if (reply.frame.view >= view.value) return;
    reply.frame.view = view.value;
    wire::seal_header(reply);
}

void make_pong(wire::Message& message, const Speaker& speaker, const wire::PingClientHeader& ping) {
    wire::PongClientHeader pong;
    pong.frame = frame_of(speaker, wire::Command::pong_client);
    pong.ping_timestamp_monotonic = ping.ping_timestamp_monotonic;
    wire::seal(pong, {});
    message.header<wire::PongClientHeader>() = pong;
}

void make_eviction(wire::Message& message, const Speaker& speaker, ClientId client,
                   wire::EvictionReason reason) {
    wire::EvictionHeader eviction;
    eviction.frame = frame_of(speaker, wire::Command::eviction);
    eviction.client = client.value;
    eviction.reason = static_cast<std::uint8_t>(reason);
    wire::seal(eviction, {});
    message.header<wire::EvictionHeader>() = eviction;
}

}  // namespace elytra::vsr
