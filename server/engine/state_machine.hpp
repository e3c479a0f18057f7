#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/fetch.hpp"
#include "server/engine/flush.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/merges.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/query.hpp"
#include "server/engine/restore.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/page_cache.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

namespace elytra::engine {

struct StateMachineOptions {
    Limits limits;
    std::uint32_t request_body_max;  // largest body of a request, bytes; told to clients
};

// The ledger as a function: the same operations with the same timestamps give the same replies and
// the same checkpoints on every replica. Knows no clock and no sessions; what it needs from the
// disk, or has to write, it asks for as effects. One thread.
class StateMachine {
public:
    // Both outlive it. The page store is open before anything but the constructor is called.
    StateMachine(const StateMachineOptions& options, storage::CheckpointStore& page_store,
                 storage::IoQueue& io);
    StateMachine(const StateMachine&) = delete;
    StateMachine& operator=(const StateMachine&) = delete;

    // ---- operations ----

    // Starts one operation, which advance() carries out; one at a time. Operations without events
    // (register_session, noop) only let time pass. `body` and `reply` stay until it is done.
    // Requires: body_valid(), `body` aligned to 16 bytes, a timestamp later than all before it by
    // at least timestamp_step(), room for wire::body_size_max bytes in `reply`.
    void begin(wire::Operation operation, std::uint64_t timestamp, std::span<const std::byte> body,
               std::span<std::byte> reply);

    bool busy() const { return busy_; }

    // Requires: busy(). After `done` the reply is written; nothing of the operation has an effect
    // before.
    Progress advance();

    // Bytes of the last reply.
    std::size_t reply_size() const { return reply_size_; }

    // How far the timestamp of an operation lies behind the first one that it may use.
    // Requires: body_valid().
    std::uint64_t timestamp_step(wire::Operation operation, std::span<const std::byte> body) const;

    // The earliest time at which a pending transfer expires: once it is reached, a pulse has work
    // to do. pulse_never when nothing is going to expire.
    std::uint64_t pulse_next() const;

    static constexpr std::uint64_t pulse_never = UINT64_MAX;

    // Of the last operation; 0 before the first.
    std::uint64_t timestamp() const { return store_.timestamp(); }

    // ---- checkpoints ----

    // New rows since the last cut: what the next one has to write, and a replay to make again.
    std::uint64_t rows_since_cut() const { return store_.rows_since_cut(); }

    // Holds the state after the last operation still and begins to bring it to the page store.
    // Requires: flush_done(), not busy, the checkpoint of the last cut is durable.
    void cut();

    // The last cut is in the page store, or held in segments().
    bool flush_done() const { return flush_.done(); }

    // Of the work until the next cut: see Flush::share().
    Flush::Share flush_share() const { return flush_.share(); }

    // For the checkpoint of the last cut; their memory stays until the next cut.
    // Requires: flush_done().
    std::span<const storage::Segment> segments() const { return flush_.segments(); }

    // ---- I/O ----

    // A completion for one of the engine's owners: page_cache, flush, merge_job, merge_read or
    // state_restore.
    void on_io_done(storage::IoToken token);

    // The page store has had a completion: goes on writing.
    void on_page_store_progress();

    // A page that cannot be read any more: no operation that needs it will ever be done.
    std::optional<storage::StoreFault> fault() const;

    // ---- restoring ----

    // Loads the newest checkpoint of the page store. Requires: nothing was executed before.
    void restore() { restore_.start(); }

    RestoreStatus restore_status() const { return restore_.status(); }

    // Requires: damaged.
    const storage::StoreFault& restore_fault() const { return restore_.fault(); }

    const LedgerStore& store() const { return store_; }

    const storage::PageCache& page_cache() const { return cache_; }

private:
    void fetch_for_events();
    void fetch_for_batch(std::span<const std::byte> batch);
    void fetch_for_pulse();

    void run();
    std::size_t run_batches();
    std::size_t run_batch(std::span<const std::byte> batch, std::span<std::byte> room);
    template <class Rules>
    std::size_t run_create(std::span<const std::byte> batch, std::span<std::byte> room);
    std::size_t lookup_accounts(std::span<const std::byte> batch, std::span<std::byte> room) const;
    std::size_t lookup_transfers(std::span<const std::byte> batch, std::span<std::byte> room) const;
    void run_pulse();

    Progress run_queries();
    bool next_query();
    std::unique_ptr<Query> make_query(std::span<const std::byte> batch);
    template <class Filter>
    std::uint32_t results_limit(std::span<const std::byte> batch) const;
    void finish();

    bool is_batched() const { return traits_->encoding == wire::Encoding::multi_batch; }

    std::uint32_t request_body_max_;
    std::uint32_t expiries_max_;  // of one pulse
    storage::CheckpointStore& page_store_;
    storage::PageCache cache_;
    LedgerStore store_;
    Merges merges_;
    Flush flush_;
    Restore restore_;
    Fetch fetch_;

    // The running operation.
    bool busy_ = false;
    const wire::OperationTraits* traits_ = nullptr;
    std::uint64_t timestamp_ = 0;
    std::span<const std::byte> body_;
    std::span<std::byte> reply_;
    std::size_t reply_size_ = 0;
    std::uint64_t slot_next_ = 0;              // timestamp of the next event
    std::vector<wire::CreateResult> results_;  // of the running batch
    std::vector<ledger::TransferRow> expiring_;
    std::optional<wire::MultiBatchDecoder> batches_;  // of a query: those not yet answered
    std::optional<wire::MultiBatchEncoder> replies_;
    std::unique_ptr<Query> query_;
    std::optional<ResultWriter> query_results_;
};

}  // namespace elytra::engine
