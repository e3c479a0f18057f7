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

// What runs in the state machine; the other operations are all about sessions.
bool is_of_ledger(wire::Operation operation) {
    return operation != wire::Operation::noop && operation != wire::Operation::register_session;
}

}  // namespace

// Requires: a free buffer in the pool.
void Replica::begin_execution(wire::MessageRef prepare) {
    ELYTRA_ASSERT(!execution_.has_value());
    execution_ = Execution{.prepare = std::move(prepare), .reply = pool_.acquire()};
    const wire::PrepareHeader& header = execution_->header();
    ELYTRA_ASSERT(header.op == commit_min_.value + 1);
    const std::optional<wire::Operation> operation = wire::to_operation(header.operation);
    ELYTRA_ASSERT(operation.has_value());
    if (!is_of_ledger(*operation)) return;
    state_machine_.begin(*operation, header.timestamp, execution_->prepare->body(),
                         execution_->reply->body_capacity());
}

// The reply, when the op is executed; nothing while it waits for pages.
std::optional<wire::MessageRef> Replica::advance_execution() {
    const std::optional<std::uint32_t> body_size = advance_operation();
    if (!body_size.has_value()) return std::nullopt;
    const Execution done = std::move(*execution_);
    execution_.reset();
    const wire::PrepareHeader& header = done.header();
    commit_min_ = Op{header.op};
    if (header.client != 0) {
        zero_to_sector_end(*done.reply, *body_size);
        make_reply(*done.reply, speaker_, header, *body_size);
        keep_reply(header, done.reply);
    }
    checkpointer_->on_executed(header);
    return done.reply;
}

// The size of the reply's body, when that is complete.
std::optional<std::uint32_t> Replica::advance_operation() {
    const std::uint8_t operation = execution_->header().operation;
    if (operation == static_cast<std::uint8_t>(wire::Operation::register_session)) {
        const std::uint32_t batch_size_limit = limits_.request_size_max - wire::header_size;
        const auto body = execution_->reply->body_capacity().first(wire::register_result_size);
        std::ranges::fill(body, std::byte{});
        std::memcpy(body.data(), &batch_size_limit, sizeof(batch_size_limit));
        return wire::register_result_size;
    }
    if (!state_machine_.busy()) return 0;
    if (state_machine_.advance() == engine::Progress::waiting) return std::nullopt;
    return narrow<std::uint32_t>(state_machine_.reply_size());
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
