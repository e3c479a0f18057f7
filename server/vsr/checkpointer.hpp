#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/engine/state_machine.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/journal.hpp"
#include "server/storage/superblock.hpp"
#include "server/vsr/checkpoint_sessions.hpp"
#include "server/vsr/sessions.hpp"
#include "server/vsr/trace.hpp"
#include "server/wire/header.hpp"

namespace elytra::vsr {

// Decides where checkpoints are cut and takes each one to disk, while ops above the cut execute:
// cut (hold the state still) -> the engine brings it to the page store -> write and flush -> op
// durable in the log -> superblock -> give the log and the extents of the checkpoint before the
// previous one back. At most one checkpoint is unfinished: execution waits for it at the next cut,
// and is slowed down on the way there so that it rarely has to. Where cuts are is a function of the
// log alone.
class Checkpointer {
public:
    // All of them outlive the checkpointer.
    struct Parts {
        engine::StateMachine& state_machine;
        const Sessions& sessions;
        storage::CheckpointStore& store;
        storage::Superblock& superblock;
        storage::Journal& journal;
        std::vector<TraceEvent>& traces;
    };

    Checkpointer(const Limits& limits, const Parts& parts);

    // Right after an op has been executed and its reply stored. Counting starts at the superblock's
    // checkpoint.
    void on_executed(const wire::PrepareHeader& prepare);

    // The log has no room for the next prepare: what is executed need not wait for the next regular
    // cut. Happens only when crashes have left long gaps in the log. Requires: nothing is being
    // executed.
    void cut_early();

    // False while the next cut waits for the checkpoint before it.
    bool ready_to_execute() const { return !cut_waiting_.has_value(); }

    // Execution is nearer to the next cut than the flush of the last one, and the merges, are to
    // what has to be done until then. Many ops that wait a little for that are better than one that
    // waits for all of it at the cut.
    bool execution_ahead() const;

    // After every completion of I/O or of a job: takes the unfinished checkpoint one step further
    // where it can.
    void advance();

    void on_tick(Instant monotonic);

    // The data file cannot grow; tried again once a second.
    storage::CheckpointStore::Shortage shortage() const { return parts_.store.shortage(); }

    bool idle() const { return stage_ == Stage::idle; }

private:
    enum class Stage : std::uint8_t {
        idle,
        flushing,  // by the engine
        writing,
        awaiting_log,
        awaiting_superblock,
    };

    bool due() const;
    void cut(const wire::PrepareHeader& prepare);
    void write();
    void write_superblock();
    void finish();

    Limits limits_;
    Parts parts_;
    Stage stage_ = Stage::idle;
    CheckpointSessions sessions_;
    wire::PrepareHeader prepare_;                     // the op of the unfinished checkpoint
    std::optional<wire::PrepareHeader> cut_waiting_;  // the op of the next cut, already executed
    wire::PrepareHeader executed_last_;
    std::uint64_t log_bytes_ = 0;  // since the last cut
    std::uint64_t ops_ = 0;
    std::uint64_t superblock_sequence_ = 0;  // that makes the checkpoint the newest
    Instant extend_retried_;
};

}  // namespace elytra::vsr
