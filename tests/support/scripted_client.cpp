#include "tests/support/scripted_client.hpp"

#include <algorithm>
#include <array>

#include "server/common/int.hpp"
#include "server/wire/checksum.hpp"
#include "tests/support/replica_driver.hpp"

namespace elytra::test {

wire::RequestHeader ScriptedClient::header(wire::Operation operation, std::size_t body_size) const {
    wire::RequestHeader header;
    header.frame.cluster = identity_of_one.cluster.value;
    header.frame.size = narrow<std::uint32_t>(wire::header_size + body_size);
    header.frame.release = wire::release_server.value;
    header.frame.command = static_cast<std::uint8_t>(wire::Command::request);
    header.parent = parent_;
    header.client = id_.value;
    header.session = session_;
    header.request = request_;
    header.operation = static_cast<std::uint8_t>(operation);
    return header;
}

wire::MessageRef ScriptedClient::make_register(wire::MessagePool& pool) const {
    constexpr std::array<std::byte, wire::register_body_size> body{};
    return seal_request(pool, header(wire::Operation::register_session, body.size()), body);
}

wire::MessageRef ScriptedClient::make_request(wire::MessagePool& pool, wire::Operation operation,
                                              std::span<const std::byte> body) {
    ++request_;
    return seal_request(pool, header(operation, body.size()), body);
}

wire::MessageRef ScriptedClient::make_ping(wire::MessagePool& pool) const {
    wire::PingClientHeader ping;
    ping.frame.cluster = identity_of_one.cluster.value;
    ping.frame.release = wire::release_server.value;
    ping.frame.command = static_cast<std::uint8_t>(wire::Command::ping_client);
    ping.client = id_.value;
    ping.session = session_;
    ping.ping_timestamp_monotonic = 1;
    wire::seal(ping, {});
    wire::MessageRef message = pool.acquire();
    message->header<wire::PingClientHeader>() = ping;
    return message;
}

void ScriptedClient::take(const wire::ReplyHeader& reply) {
    if (session_ == 0) session_ = reply.op;
    parent_ = reply.context;
}

wire::MessageRef seal_request(wire::MessagePool& pool, wire::RequestHeader header,
                              std::span<const std::byte> body) {
    wire::MessageRef message = pool.acquire();
    std::ranges::copy(body, message->body_capacity().begin());
    message->header<wire::RequestHeader>() = header;
    wire::seal(message->header<wire::RequestHeader>(), message->body());
    return message;
}

}  // namespace elytra::test
