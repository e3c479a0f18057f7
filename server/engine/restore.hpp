#pragma once

#include <cstdint>
#include <optional>

#include "server/common/limits.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/reader.hpp"

namespace elytra::engine {

enum class RestoreStatus : std::uint8_t {
    idle,
    reading,
    done,
    damaged,       // a chunk or page does not match its checksum: fault() tells
    inconsistent,  // every checksum is right, but the content makes no sense
};

// Loads the newest checkpoint of the page store into an empty LedgerStore: the catalog with all
// fences and filters, accounts, statuses, and the pending transfers that can still expire. How much
// it reads follows from accounts, pending transfers and 0.5 % of the rows, not from the rows. Reads
// as IoOwner::state_restore; every chunk is verified against its reference, every page of an
// expiry run against its fence.
class Restore {
public:
    Restore(const Limits& limits, LedgerStore& store, storage::CheckpointStore& page_store,
            storage::IoQueue& io);

    // Requires: an open page store, idle. Without a checkpoint it is done at once.
    void start();

    void advance();

    void on_read(storage::IoToken token);

    RestoreStatus status() const { return status_; }

    // Requires: damaged.
    const storage::StoreFault& fault() const { return *fault_; }

private:
    // (to be written)
    RestoreStatus status_ = RestoreStatus::idle;
    std::optional<storage::StoreFault> fault_;
};

}  // namespace elytra::engine
