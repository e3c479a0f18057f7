#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "server/common/limits.hpp"
#include "server/common/time.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/message.hpp"
#include "tests/sim/model.hpp"
#include "tests/sim/reference.hpp"
#include "tests/sim/storage_audit.hpp"

namespace elytra::sim {

// What the replica has ever promised, over all its lives: which ops it wrote to the log, which of
// them it answered, and with what. Every promise is compared with a model and with later promises.
class History {
public:
    explicit History(const Limits& limits);

    // Learns prepares from the records that are about to be written.
    void on_effects(std::span<const storage::IoEffect> effects, WallTime wall);

    // A message leaves the replica. With an audit: what it acknowledges has to be durable.
    void on_message(const vsr::ClientMessage& out, View view, const StorageAudit* audit,
                    std::span<const std::byte> durable);

    // Called whenever something may have become durable: a new checkpoint has to be that of a run
    // without crashes.
    void on_checkpoint(const storage::CheckpointStore& store);

    // The replica has become normal after a start: everything acknowledged is there, everything
    // else that it holds was written before, and its state is that of the model.
    void on_opened(const vsr::Replica& replica);

    // Nothing is under way in the replica: every op that it has is committed and executed.
    void on_quiet(const vsr::Replica& replica);

    // Every op up to here is committed: answered, or found by a start that succeeded.
    Op op_committed() const { return model_.op(); }

    Op op_written() const { return Op{op_committed().value + written_.size()}; }

    // Requires: written and not committed.
    const LoggedOp& written(Op op) const { return written_.at(op.value); }

    Model& model() { return model_; }

    Reference& reference() { return reference_; }

    std::uint64_t replies() const { return replies_; }

    std::uint64_t replies_resent() const { return replies_resent_; }

    // Over everything that clients were told.
    u128 digest() const { return digest_; }

private:
    // What a client was told about its newest request.
    struct Told {
        wire::ReplyHeader header;
    };

    void on_record(LoggedOp logged);
    void on_reply(const wire::Message& reply, View view);
    void on_eviction(const wire::EvictionHeader& eviction);
    void commit_until(Op op);
    void check_state(const vsr::Replica& replica);

    storage::Layout layout_;
    Model model_;
    Reference reference_;
    Op checkpoint_;                              // the last one seen
    std::map<std::uint64_t, LoggedOp> written_;  // by op: those behind the committed ones
    u128 checksum_committed_ = 0;                // of the header of the last committed op
    std::map<u128, Told> told_;                  // by client
    View view_;
    std::uint64_t timestamp_written_ = 0;
    WallTime wall_max_;  // the latest that the replica has been shown
    std::uint64_t replies_ = 0;
    std::uint64_t replies_resent_ = 0;
    u128 digest_ = 0;
};

}  // namespace elytra::sim
