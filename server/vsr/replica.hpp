#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/fixed_vector.hpp"
#include "server/common/limits.hpp"
#include "server/common/ring_buffer.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/engine/state_machine.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/journal.hpp"
#include "server/storage/scrubber.hpp"
#include "server/storage/superblock.hpp"
#include "server/vsr/checkpointer.hpp"
#include "server/vsr/compose.hpp"
#include "server/vsr/open_fault.hpp"
#include "server/vsr/restorer.hpp"
#include "server/vsr/sessions.hpp"
#include "server/vsr/trace.hpp"
#include "server/wire/admission.hpp"
#include "server/wire/message.hpp"

namespace elytra::vsr {

struct ReplicaOptions {
    Limits limits = limits_production();
    std::uint64_t storage_size_max = UINT64_MAX;  // the data file never grows beyond this, bytes
    std::uint64_t scrub_nanoseconds = storage::Scrubber::pass_nanoseconds_default;
};

// A message for a client: reply, pong or eviction. The world finds the client's connection when it
// sends.
struct ClientMessage {
    ClientId client;
    wire::MessageRef message;
};

enum class ReplicaStatus : std::uint8_t { closed, opening, replaying, normal, failed };

// One replica of the ledger: log, state and sessions behind one deterministic state machine. It
// gets messages, ticks and completions of I/O, and leaves what it wants done as effects; it owns no
// clock, socket, thread or random source. Effects may be executed in any order.
//
// This build replicates to nobody: it opens data files of clusters with one replica, where an op is
// committed once it is durable in the own log. Such a replica may execute an op before that,
// because nobody can overrule it, but what it executed early is neither answered nor checkpointed
// (R39). One op executes at a time; it may have to wait for pages of the data file.
//
// All functions are called from one thread.
class Replica {
public:
    // `pool` gives buffers for replies, pongs, evictions and replay; see messages_needed(). It and
    // nothing else must outlive the replica.
    Replica(const ReplicaOptions& options, wire::MessagePool& pool);

    // How many buffers of the pool a replica with these limits may hold at one time.
    static std::size_t messages_needed(const Limits& limits);

    // Starts to open the data file. status() tells the outcome: normal, or failed with
    // open_fault(). A normal replica fails, too, when its superblock cannot be written or when it
    // needs a page that is damaged; then the world has to stop it.
    void open();

    // Time enters only here; called before the inputs of a loop turn are handed over.
    void on_tick(Instant monotonic, WallTime wall);

    // A message whose checksums, size and cluster the world has verified. Anything else about it
    // may be wrong.
    void on_message(wire::MessageRef message);

    void on_io_done(storage::IoToken token, storage::IoStatus status);

    // Does one bounded piece of the work at hand (executes at most one op). True: call again, after
    // executing the effects and handing over the inputs that have come meanwhile. False: there is
    // nothing to do before the next message, tick or completion.
    bool work();

    ReplicaStatus status() const { return status_; }

    const OpenFault& open_fault() const { return open_fault_; }

    const storage::SuperblockState& superblock() const { return superblock_.current(); }

    View view() const { return speaker_.view; }

    Op head() const { return head_; }

    // Why the data file cannot grow; no requests are prepared while this lasts.
    storage::CheckpointStore::Shortage shortage() const { return checkpoint_store_.shortage(); }

    const engine::StateMachine& state_machine() const { return state_machine_; }

    const Sessions& sessions() const { return sessions_; }

    const storage::CheckpointStore& checkpoint_store() const { return checkpoint_store_; }

    std::span<const storage::IoEffect> io_effects() const { return io_.effects(); }

    // Their tokens come back through on_io_done(), too.
    std::span<const storage::Compute> compute_effects() const { return io_.computes(); }

    std::span<const ClientMessage> client_messages() const { return client_messages_; }

    std::span<const TraceEvent> traces() const { return traces_; }

    void clear_effects();

private:
    struct PipelineEntry {
        wire::MessageRef prepare;
        wire::MessageRef reply{};  // empty for internal operations
        bool executed = false;

        const wire::PrepareHeader& header() const { return prepare->header<wire::PrepareHeader>(); }
    };

    // The op that is being executed.
    struct Execution {
        wire::MessageRef prepare;
        wire::MessageRef reply;  // its body is being written

        const wire::PrepareHeader& header() const { return prepare->header<wire::PrepareHeader>(); }
    };

    // replica.cpp: requests and their way through the pipeline
    void on_ping(const wire::Message& message);
    void on_request(wire::MessageRef message);
    void on_request_of_session(wire::MessageRef message);
    bool in_progress(ClientId client) const;
    bool register_in_pipeline() const;
    void resend_reply(ClientId client);
    void drop(DropReason reason);
    void evict(ClientId client, std::uint32_t release, wire::EvictionReason reason);
    bool can_prepare(std::uint32_t message_size) const;
    void prepare_requests();
    void prepare_pulse_when_due(std::uint64_t time);
    void scrub();
    LogPlace next_place(std::uint64_t step);
    void append(wire::MessageRef prepare);
    void answer_durable();

    // replica_execute.cpp: what an op does
    void begin_execution(wire::MessageRef prepare);
    std::optional<wire::MessageRef> advance_execution();
    std::optional<std::uint32_t> advance_operation();
    void keep_reply(const wire::PrepareHeader& prepare, wire::MessageRef reply);

    // replica_open.cpp: from a closed file to normal status
    void complete_io(storage::IoToken token, storage::IoStatus status);
    void advance_open();
    void advance_superblock();
    void open_checkpoint(const storage::CheckpointRoot& checkpoint);
    void advance_checkpoint();
    void advance_restore();
    void open_log();
    void advance_log();
    void advance_view();
    bool replay();
    bool begin_replay_of_next();
    void request_replay();
    bool replay_window_full() const;
    void become_normal();
    void fail_superblock();
    void fail(const OpenFault& fault);

    enum class OpenStep : std::uint8_t { superblock, checkpoint, restore, log, view };

    Limits limits_;
    std::uint64_t scrub_nanoseconds_;
    wire::AdmissionLimits admission_;
    wire::MessagePool& pool_;
    storage::IoQueue io_;
    storage::Superblock superblock_;
    storage::CheckpointStore checkpoint_store_;
    engine::StateMachine state_machine_;
    Sessions sessions_;
    Restorer restorer_;
    std::optional<storage::Journal> journal_;    // once the superblock has told the identity
    std::optional<Checkpointer> checkpointer_;   // with the journal
    std::optional<storage::Scrubber> scrubber_;  // likewise

    ReplicaStatus status_ = ReplicaStatus::closed;
    OpenStep open_step_ = OpenStep::superblock;
    OpenFault open_fault_;
    Speaker speaker_;
    Instant now_;
    WallTime wall_;
    Instant request_last_;              // when the last request arrived
    std::uint64_t timestamp_last_ = 0;  // the last one issued
    Op head_;
    u128 head_checksum_ = 0;
    Op commit_min_;                       // executed
    std::optional<Execution> execution_;  // of the op after it

    RingBuffer<wire::MessageRef> requests_;  // accepted, waiting for a place in the pipeline
    RingBuffer<PipelineEntry> pipeline_;     // prepared, not yet durable and answered
    std::uint64_t pipeline_bytes_ = 0;
    std::size_t pipeline_executed_ = 0;
    bool pulse_in_pipeline_ = false;

    std::uint64_t view_sequence_ = 0;  // of the superblock that holds the view of this start
    Op replay_requested_;
    FixedVector<storage::JournalRead, storage::Journal::reads_max> replay_ready_;

    std::vector<ClientMessage> client_messages_;
    std::vector<TraceEvent> traces_;
};

}  // namespace elytra::vsr
