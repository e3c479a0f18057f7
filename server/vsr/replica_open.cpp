#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/release.hpp"

namespace elytra::vsr {

Replica::Replica(const ReplicaOptions& options, wire::MessagePool& pool)
    : limits_(options.limits),
      scrub_nanoseconds_(options.scrub_nanoseconds),
      admission_{.request_size_max = options.limits.request_size_max},
      pool_(pool),
      superblock_(options.limits, io_),
      checkpoint_store_(options.limits, storage::layout_of(options.limits).page_store_offset,
                        options.storage_size_max, io_),
      state_machine_({.limits = options.limits,
                      .request_body_max = options.limits.request_size_max - wire::header_size},
                     checkpoint_store_, io_),
      sessions_(options.limits.sessions_max),
      restorer_({.store = checkpoint_store_, .sessions = sessions_, .pool = pool, .io = io_}),
      requests_(options.limits.sessions_max),
      pipeline_(options.limits.pipeline_ops_max) {}

void Replica::open() {
    ELYTRA_ASSERT(status_ == ReplicaStatus::closed);
    status_ = ReplicaStatus::opening;
    superblock_.open();
}

void Replica::on_io_done(storage::IoToken token, storage::IoStatus status) {
    if (status_ == ReplicaStatus::failed) return;
    complete_io(token, status);
    if (superblock_.status() == storage::SuperblockStatus::failed) return fail_superblock();
    if (const auto fault = state_machine_.fault()) {
        return fail({.kind = OpenFault::Kind::checkpoint_data, .store = *fault});
    }
    if (status_ == ReplicaStatus::opening) advance_open();
    if (checkpointer_.has_value()) checkpointer_->advance();
    if (status_ == ReplicaStatus::normal) answer_durable();
}

void Replica::complete_io(storage::IoToken token, storage::IoStatus status) {
    switch (token.owner) {
        case storage::IoOwner::superblock:
            return superblock_.on_io_done(token, status);
        case storage::IoOwner::journal:
            return journal_->on_io_done(token, status);
        case storage::IoOwner::page_store:
            checkpoint_store_.on_io_done(token, status);
            if (checkpoint_store_.is_open()) state_machine_.on_page_store_progress();
            return;
        case storage::IoOwner::page_cache:
        case storage::IoOwner::flush:
        case storage::IoOwner::merge_job:
        case storage::IoOwner::merge_read:
        case storage::IoOwner::state_restore:
            return state_machine_.on_io_done(token);
        case storage::IoOwner::session_restore:
            return restorer_.on_io_done(token);
        case storage::IoOwner::scrubber:
            return scrubber_->on_io_done(token);
        case storage::IoOwner::formatter:
            ELYTRA_ASSERT(false);
    }
}

// Superblock, then checkpoint and log, then the view of this start; each step begins the next.
void Replica::advance_open() {
    switch (open_step_) {
        case OpenStep::superblock:
            return advance_superblock();
        case OpenStep::checkpoint:
            return advance_checkpoint();
        case OpenStep::restore:
            return advance_restore();
        case OpenStep::log:
            return advance_log();
        case OpenStep::view:
            return advance_view();
    }
}

void Replica::advance_superblock() {
    if (superblock_.status() != storage::SuperblockStatus::open) return;
    for (const std::uint32_t copy : superblock_.repairs()) {
        traces_.push_back({.kind = TraceKind::superblock_repaired, .first = copy});
    }
    const storage::SuperblockState& state = superblock_.current();
    if (state.identity.release > wire::release_server.value) {
        return fail({.kind = OpenFault::Kind::newer_release, .found = state.identity.release});
    }
    if (state.identity.replica_count != 1 || state.identity.standby) {
        return fail(
            {.kind = OpenFault::Kind::unsupported_cluster, .found = state.identity.replica_count});
    }
    speaker_ = {.cluster = state.identity.cluster,
                .replica = state.identity.replica,
                .view = state.view.next()};
    open_step_ = OpenStep::checkpoint;
    open_checkpoint(state.checkpoint);
}

void Replica::open_checkpoint(const storage::CheckpointRoot& checkpoint) {
    checkpoint_store_.open(checkpoint.manifest, checkpoint.previous_manifest);
    advance_checkpoint();
}

void Replica::advance_checkpoint() {
    if (checkpoint_store_.state() == storage::CheckpointStore::State::damaged) {
        return fail(
            {.kind = OpenFault::Kind::checkpoint_manifest, .store = checkpoint_store_.fault()});
    }
    if (checkpoint_store_.state() != storage::CheckpointStore::State::idle) return;
    open_step_ = OpenStep::restore;
    state_machine_.restore();
    restorer_.start();
    advance_restore();
}

void Replica::advance_restore() {
    const engine::RestoreStatus ledger = state_machine_.restore_status();
    const RestoreStatus sessions = restorer_.status();
    if (ledger == RestoreStatus::damaged || sessions == RestoreStatus::damaged) {
        const bool in_ledger = ledger == RestoreStatus::damaged;
        return fail({.kind = OpenFault::Kind::checkpoint_data,
                     .store = in_ledger ? state_machine_.restore_fault() : restorer_.fault()});
    }
    if (ledger == RestoreStatus::inconsistent || sessions == RestoreStatus::inconsistent) {
        return fail({.kind = OpenFault::Kind::checkpoint_inconsistent,
                     .found = checkpoint_store_.op().value});
    }
    if (ledger != RestoreStatus::done || sessions != RestoreStatus::done) return;
    open_step_ = OpenStep::log;
    open_log();
}

void Replica::open_log() {
    const storage::SuperblockState& state = superblock_.current();
    const storage::LogIdentity identity{.cluster = state.identity.cluster,
                                        .replica = state.identity.replica};
    journal_.emplace(limits_, identity, io_);
    checkpointer_.emplace(limits_, Checkpointer::Parts{.state_machine = state_machine_,
                                                       .sessions = sessions_,
                                                       .store = checkpoint_store_,
                                                       .superblock = superblock_,
                                                       .journal = *journal_,
                                                       .traces = traces_});
    scrubber_.emplace(storage::Scrubber::Options{.cluster = state.identity.cluster,
                                                 .replica = state.identity.replica,
                                                 .chunk_size = limits_.chunk_size,
                                                 .pass_nanoseconds = scrub_nanoseconds_},
                      checkpoint_store_, io_);
    journal_->recover({.tail = state.log_tail,
                       .checkpoint_op = state.checkpoint.op,
                       .checkpoint_checksum = state.checkpoint.header.frame.checksum,
                       .view = speaker_.view});
    commit_min_ = state.checkpoint.op;
    timestamp_last_ = state.checkpoint.timestamp;
}

void Replica::advance_log() {
    if (journal_->status() == storage::JournalStatus::refused) {
        const storage::RecoveryReport& report = journal_->report();
        return fail({.kind = OpenFault::Kind::log,
                     .log = report.faults.front(),
                     .log_faults = report.faults.size(),
                     .log_head = report.head});
    }
    if (journal_->status() != storage::JournalStatus::ready) return;
    head_ = journal_->head();
    head_checksum_ = journal_->head_checksum();
    traces_.push_back(
        {.kind = TraceKind::log_recovered, .first = commit_min_.value, .second = head_.value});
    const std::uint64_t ignored =
        journal_->report().torn.size() + journal_->report().unchained.size();
    if (ignored > 0) traces_.push_back({.kind = TraceKind::log_torn_ignored, .first = ignored});
    open_step_ = OpenStep::view;
    // A single replica starts every life in a view of its own, so that clients can order them.
    storage::SuperblockState next = superblock_.newest();
    next.view = speaker_.view;
    next.log_view = speaker_.view;
    view_sequence_ = superblock_.update(next);
}

void Replica::advance_view() {
    if (superblock_.current().sequence < view_sequence_) return;
    status_ = ReplicaStatus::replaying;
}

// Executes the next op that the log holds beyond the checkpoint. True: it did something.
bool Replica::replay() {
    while (auto read = journal_->take_read()) replay_ready_.push_back(std::move(*read));
    request_replay();
    if (!execution_.has_value()) {
        if (commit_min_ == head_) {
            become_normal();
            return true;
        }
        if (!begin_replay_of_next()) return false;
    }
    return advance_execution().has_value();
}

// False: it is not read yet, it has to wait for a checkpoint, or it is damaged.
bool Replica::begin_replay_of_next() {
    const auto next =
        std::ranges::find(replay_ready_, commit_min_.next(), &storage::JournalRead::op);
    if (next == replay_ready_.end() || !checkpointer_->ready_to_execute()) return false;
    if (!next->intact) {
        fail({.kind = OpenFault::Kind::log,
              .log = {.log_class = storage::LogClass::lost, .from = {}, .to = {}, .op = next->op},
              .log_faults = 1,
              .log_head = commit_min_});
        return false;
    }
    wire::MessageRef prepare = std::move(next->message);
    std::swap(*next, replay_ready_[replay_ready_.size() - 1]);
    replay_ready_.pop_back();
    timestamp_last_ = prepare->header<wire::PrepareHeader>().timestamp;
    begin_execution(std::move(prepare));
    return true;
}

void Replica::request_replay() {
    replay_requested_ = std::max(replay_requested_, commit_min_);
    while (replay_requested_ < head_ && !replay_window_full() && journal_->read_available()) {
        replay_requested_ = replay_requested_.next();
        journal_->read(replay_requested_, pool_.acquire());
    }
}

// Reads wait here until their op is due, so those in flight have to fit as well.
bool Replica::replay_window_full() const {
    return replay_requested_.value - commit_min_.value >= storage::Journal::reads_max;
}

void Replica::become_normal() {
    traces_.push_back(
        {.kind = TraceKind::became_normal, .first = speaker_.view.value, .second = head_.value});
    ELYTRA_ASSERT(replay_ready_.empty());
    status_ = ReplicaStatus::normal;
}

// While opening, or later when a new version does not stay on the disk: then nothing that depends
// on it may go on.
void Replica::fail_superblock() {
    fail({.kind = OpenFault::Kind::superblock,
          .found = superblock_.found_version(),
          .superblock = superblock_.failure()});
}

void Replica::fail(const OpenFault& fault) {
    ELYTRA_ASSERT(fault.kind != OpenFault::Kind::none);
    open_fault_ = fault;
    status_ = ReplicaStatus::failed;
}

}  // namespace elytra::vsr
