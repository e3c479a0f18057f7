#include "tests/sim/history.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <variant>

#include "server/storage/log_format.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/decode.hpp"
#include "tests/sim/violation.hpp"

namespace elytra::sim {
namespace {

// The prepare in the record at the front of `bytes`.
LoggedOp parse_record(std::span<const std::byte> bytes) {
    LoggedOp logged;
    std::memcpy(&logged.header, bytes.data() + wire::Message::header_offset, sizeof(logged.header));
    require(wire::header_intact(logged.header), "S1: a record holds an intact prepare");
    const std::uint32_t size = logged.header.frame.size;
    const std::uint32_t length = storage::record_length(size);
    require(length <= bytes.size(), "S2: a record is written in one piece");
    const std::size_t body_at =
        storage::record_body_inline(size) ? storage::record_body_offset : sector_size;
    const auto body = bytes.subspan(body_at, size - wire::header_size);
    require(wire::checksum(body) == logged.header.frame.checksum_body,
            "S1: what is written is what was hashed");
    logged.body.assign(body.begin(), body.end());
    logged.record.assign(bytes.begin(), bytes.begin() + length);
    return logged;
}

// A reply sent again differs in nothing but the view and its checksum.
bool same_reply(wire::ReplyHeader left, wire::ReplyHeader right) {
    left.frame.view = right.frame.view = 0;
    left.frame.checksum = right.frame.checksum = 0;
    return std::memcmp(&left, &right, sizeof(left)) == 0;
}

}  // namespace

History::History(const Limits& limits)
    : layout_(storage::layout_of(limits)), model_(limits), reference_(limits) {}

void History::on_effects(std::span<const storage::IoEffect> effects, WallTime wall) {
    wall_max_ = std::max(wall_max_, wall);
    for (const storage::IoEffect& effect : effects) {
        const auto* write = std::get_if<storage::Write>(&effect);
        if (write == nullptr || write->token.owner != storage::IoOwner::journal) continue;
        if (write->offset < layout_.log_offset) continue;
        std::span<const std::byte> rest = write->bytes;
        std::uint64_t place = write->offset;
        while (!rest.empty()) {
            LoggedOp logged = parse_record(rest);
            logged.place = place;
            place += logged.record.size();
            rest = rest.subspan(logged.record.size());
            on_record(std::move(logged));
        }
    }
}

void History::on_record(LoggedOp logged) {
    const wire::PrepareHeader& prepare = logged.header;
    require(prepare.op == op_written().value + 1, "R2: ops are written without gaps");
    const u128 parent =
        written_.empty() ? checksum_committed_ : written_.rbegin()->second.header.frame.checksum;
    require(prepare.parent == parent, "R2: a prepare names the one before it");
    require(prepare.frame.view == view_.value, "R2: a prepare is of the present view");
    require(prepare.timestamp > timestamp_written_, "R27: timestamps increase");
    const std::uint64_t base = prepare.timestamp - model_.timestamp_step(logged);
    require(base <= std::max(timestamp_written_ + 1, wall_max_.nanoseconds),
            "R28: a timestamp is ahead of the clock without need");
    timestamp_written_ = prepare.timestamp;
    written_.emplace(prepare.op, std::move(logged));
}

void History::on_message(const vsr::ClientMessage& out, View view, const StorageAudit* audit,
                         std::span<const std::byte> durable) {
    const wire::Message& message = *out.message;
    require(message.frame().view <= view.value, "R26: a view that does not exist is shown");
    if (message.frame().command == static_cast<std::uint8_t>(wire::Command::reply)) {
        const Op op{message.header<wire::ReplyHeader>().op};
        require(op <= op_written(), "R39: an answer to an op that was never written");
        for (Op next = op_committed().next(); audit != nullptr && next <= op; next = next.next()) {
            audit->check_durable(written(next), durable);
        }
        on_reply(message, view);
    } else if (message.frame().command == static_cast<std::uint8_t>(wire::Command::eviction)) {
        on_eviction(message.header<wire::EvictionHeader>());
    }
}

void History::on_reply(const wire::Message& reply, View view) {
    const auto& header = reply.header<wire::ReplyHeader>();
    require(wire::header_intact(header) && wire::well_formed(header) && wire::body_intact(reply),
            "K3: a reply is well-formed");
    commit_until(Op{header.op});
    const ExpectedReply* expected = model_.last_reply(ClientId{header.client});
    require(expected != nullptr, "K3: a reply to somebody who asked");
    const wire::PrepareHeader& prepare = expected->prepare;
    require(header.op == prepare.op && header.commit == prepare.op, "K3: op of a reply");
    require(header.timestamp == prepare.timestamp, "K3: timestamp of a reply");
    require(header.request == prepare.request, "K3: request number of a reply");
    require(header.request_checksum == prepare.request_checksum, "K3: request of a reply");
    require(header.operation == prepare.operation, "K3: operation of a reply");
    require(header.frame.release == prepare.frame.release, "K3: release of a reply");
    require(std::ranges::equal(reply.body(), expected->body), "K3: body of a reply");
    const auto [told, first] = told_.try_emplace(header.client);
    if (!first && told->second.header.op == header.op) {
        require(same_reply(told->second.header, header), "R23: a reply changes when sent again");
        require(header.frame.view >= told->second.header.frame.view, "R26: views never go back");
        ++replies_resent_;
    } else {
        require(first || told->second.header.op < header.op, "R29: ops of a client increase");
        ++replies_;
    }
    require(header.frame.view <= view.value, "R26: a view that does not exist is shown");
    told->second.header = header;
    const std::array<u128, 2> link{digest_, header.frame.checksum};
    digest_ = wire::checksum(std::as_bytes(std::span(link)));
}

void History::on_eviction(const wire::EvictionHeader& eviction) {
    const bool live = model_.has_session(ClientId{eviction.client});
    const auto reason = static_cast<wire::EvictionReason>(eviction.reason);
    if (reason == wire::EvictionReason::no_session) {
        return require(!live, "R25: an eviction of a live session");
    }
    // A register that was late has opened another session for the client.
    require(reason == wire::EvictionReason::session_too_low, "K13: an eviction without reason");
    require(live, "R25: an eviction for a session that does not exist");
}

void History::commit_until(Op op) {
    while (op_committed() < op) {
        const auto next = written_.begin();
        require(next != written_.end(), "R3: a committed op that was never written");
        model_.execute(next->second);
        reference_.add(next->second);
        checksum_committed_ = next->second.header.frame.checksum;
        written_.erase(next);
    }
}

void History::on_checkpoint(const storage::CheckpointStore& store) {
    if (!store.is_open() || store.op() == checkpoint_) return;
    checkpoint_ = store.op();
    if (checkpoint_ == Op{}) return;
    commit_until(checkpoint_);
    reference_.check(store.newest());
}

void History::on_opened(const vsr::Replica& replica) {
    require(replica.view() > view_, "R26: each start has a view of its own");
    view_ = replica.view();
    require(replica.head() >= op_committed(), "R3: an acknowledged op is lost");
    require(replica.head() <= op_written(), "R1: an op out of nowhere");
    commit_until(replica.head());
    written_.clear();
    timestamp_written_ = model_.timestamp();
    check_state(replica);
}

void History::on_quiet(const vsr::Replica& replica) {
    require(replica.head() == op_written(), "K1: the head is what was written last");
    commit_until(replica.head());
    check_state(replica);
}

void History::check_state(const vsr::Replica& replica) {
    require(digest_of(replica.sessions()) == model_.digest(),
            "S30: the sessions are those of the model");
    check_money(replica);
}

}  // namespace elytra::sim
