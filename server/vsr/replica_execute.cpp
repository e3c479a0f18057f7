#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/operation.hpp"

namespace elytra::vsr {
namespace {

// A stored reply goes into checkpoints in whole sectors, whose unused bytes are zero.
void zero_to_sector_end(wire::Message& message, std::size_t body_size) {
    const std::size_t end = round_up<std::size_t>(body_size, sector_size);
    std::ranges::fill(message.body_capacity().subspan(body_size, end - body_size), std::byte{});
}

}  // namespace

// Requires: a free buffer in the pool.
wire::MessageRef Replica::execute(const wire::Message& prepare) {
    const auto& header = prepare.header<wire::PrepareHeader>();
    ELYTRA_ASSERT(header.op == commit_min_.value + 1);
    wire::MessageRef reply = pool_.acquire();
    const std::uint32_t body_size = execute_operation(prepare, *reply);
    commit_min_ = Op{header.op};
    if (header.client != 0) {
        zero_to_sector_end(*reply, body_size);
        make_reply(*reply, speaker_, header, body_size);
        keep_reply(header, reply);
    }
    checkpointer_->on_executed(header);
    return reply;
}

// Writes the body of the reply and returns its size.
std::uint32_t Replica::execute_operation(const wire::Message& prepare, wire::Message& reply) {
    const auto& header = prepare.header<wire::PrepareHeader>();
    const std::optional<wire::Operation> operation = wire::to_operation(header.operation);
    ELYTRA_ASSERT(operation.has_value());
    if (*operation == wire::Operation::noop) return 0;
    if (*operation == wire::Operation::register_session) {
        const std::uint32_t batch_size_limit = limits_.request_size_max - wire::header_size;
        const auto body = reply.body_capacity().first(wire::register_result_size);
        std::ranges::fill(body, std::byte{});
        std::memcpy(body.data(), &batch_size_limit, sizeof(batch_size_limit));
        return wire::register_result_size;
    }
    const std::span<std::byte> room = reply.body_capacity();
    return narrow<std::uint32_t>(
        state_machine_.execute(*operation, header.timestamp, prepare.body(), room));
}

void Replica::keep_reply(const wire::PrepareHeader& prepare, wire::MessageRef reply) {
    const ClientId client{prepare.client};
    if (wire::to_operation(prepare.operation) != wire::Operation::register_session) {
        return sessions_.store_reply(client, std::move(reply));
    }
    if (const auto pushed_out = sessions_.open(client, Op{prepare.op}, std::move(reply))) {
        traces_.push_back({.kind = TraceKind::session_pushed_out,
                           .client = pushed_out->value,
                           .first = prepare.op});
    }
}

}  // namespace elytra::vsr
