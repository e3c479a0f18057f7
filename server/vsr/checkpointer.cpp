#include "server/vsr/checkpointer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/common/assert.hpp"

namespace elytra::vsr {
namespace {

constexpr std::uint64_t extend_retry_nanoseconds = nanoseconds_per_second;

}  // namespace

Checkpointer::Checkpointer(const Limits& limits, const Parts& parts)
    : limits_(limits), parts_(parts), sessions_(limits.chunk_size) {}

void Checkpointer::on_executed(const wire::PrepareHeader& prepare) {
    ELYTRA_ASSERT(!cut_waiting_.has_value());
    executed_last_ = prepare;
    log_bytes_ += prepare.frame.size;
    ++ops_;
    if (!due()) return;
    if (stage_ == Stage::idle) return cut(prepare);
    cut_waiting_ = prepare;
}

void Checkpointer::cut_early() {
    if (stage_ == Stage::idle && ops_ > 0) cut(executed_last_);
}

bool Checkpointer::due() const {
    return log_bytes_ >= limits_.cut_log_bytes || ops_ >= limits_.cut_ops ||
           parts_.state_machine.rows_since_cut() >= limits_.cut_rows;
}

bool Checkpointer::execution_ahead() const {
    constexpr std::uint64_t whole = 1024;
    constexpr std::uint64_t lead = whole / 4;  // that execution may always have
    const std::uint64_t executed =
        std::max({log_bytes_ * whole / limits_.cut_log_bytes, ops_ * whole / limits_.cut_ops,
                  parts_.state_machine.rows_since_cut() * whole / limits_.cut_rows});
    const engine::Flush::Share share = parts_.state_machine.flush_share();
    return executed > lead + (whole - lead) * share.done / share.total;
}

void Checkpointer::cut(const wire::PrepareHeader& prepare) {
    ELYTRA_ASSERT(stage_ == Stage::idle);
    prepare_ = prepare;
    log_bytes_ = 0;
    ops_ = 0;
    parts_.state_machine.cut();
    sessions_.hold(parts_.sessions);
    parts_.traces.push_back({.kind = TraceKind::checkpoint_started, .first = prepare.op});
    stage_ = Stage::flushing;
    advance();
}

void Checkpointer::advance() {
    if (stage_ == Stage::flushing && parts_.state_machine.flush_done()) write();
    if (stage_ == Stage::writing && parts_.store.written()) {
        sessions_.release();
        stage_ = Stage::awaiting_log;
    }
    // A checkpoint holds nothing that the log could still lose (R39).
    if (stage_ == Stage::awaiting_log && parts_.journal.op_durable().value >= prepare_.op) {
        write_superblock();
    }
    if (stage_ == Stage::awaiting_superblock &&
        parts_.superblock.current().sequence >= superblock_sequence_) {
        finish();
    }
}

void Checkpointer::write() {
    const auto of_engine = parts_.state_machine.segments();
    const auto of_sessions = sessions_.segments();
    std::vector<storage::Segment> segments(of_engine.begin(), of_engine.end());
    segments.insert(segments.end(), of_sessions.begin(), of_sessions.end());
    parts_.store.begin(Op{prepare_.op}, segments);
    stage_ = Stage::writing;
}

void Checkpointer::write_superblock() {
    storage::SuperblockState next = parts_.superblock.newest();
    next.commit_max = prepare_.op;
    next.log_tail = parts_.journal.lsn_after(Op{prepare_.op});
    next.checkpoint.op = Op{prepare_.op};
    next.checkpoint.timestamp = prepare_.timestamp;
    next.checkpoint.header = prepare_;
    next.checkpoint.previous_manifest = next.checkpoint.manifest;
    next.checkpoint.manifest = parts_.store.root();
    next.checkpoint.id = parts_.store.root().checksum;
    superblock_sequence_ = parts_.superblock.update(next);
    stage_ = Stage::awaiting_superblock;
}

void Checkpointer::finish() {
    parts_.store.commit();
    parts_.journal.release(parts_.superblock.current().log_tail);
    stage_ = Stage::idle;
    parts_.traces.push_back({.kind = TraceKind::checkpoint_finished,
                             .first = prepare_.op,
                             .second = parts_.store.used_size()});
    if (!cut_waiting_.has_value()) return;
    const wire::PrepareHeader prepare = *std::exchange(cut_waiting_, std::nullopt);
    cut(prepare);
}

void Checkpointer::on_tick(Instant monotonic) {
    if (parts_.store.shortage() != storage::CheckpointStore::Shortage::no_space) return;
    if (monotonic.nanoseconds - extend_retried_.nanoseconds < extend_retry_nanoseconds) return;
    extend_retried_ = monotonic;
    parts_.store.retry_extend();
}

}  // namespace elytra::vsr
