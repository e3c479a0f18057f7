#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/fetch.hpp"
#include "server/engine/flush.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/merges.hpp"
#include "server/engine/restore.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/page_cache.hpp"
#include "tests/support/engine_model.hpp"
#include "tests/support/memory_disk.hpp"

namespace elytra::test {

// The storage side of the engine over a disk in memory: what happens next, I/O or a job, is
// drawn by lot. Everything but the disk and what the superblock would say ends with a restart.
class EngineWorld {
public:
    EngineWorld(const Limits& limits, std::uint64_t seed);
    EngineWorld(const EngineWorld&) = delete;
    EngineWorld& operator=(const EngineWorld&) = delete;

    // Executes one I/O or job. False: there is none.
    bool step();

    // At most so many steps.
    void steps(std::uint64_t count);

    void settle() {
        while (step()) continue;
    }

    // As the state machine does it.
    void begin_cut();

    // Runs until the checkpoint of the last cut is durable.
    void finish_checkpoint();

    // A new process after a power loss that dropped what was not flushed. Requires: the page
    // store can be opened.
    void restart();

    engine::RestoreStatus restore_status() const { return restore->status(); }

    // What the checkpoint that is being made is, apart from where in the file it lies: ids, sizes
    // and checksums of all chunks. Requires: flush->done().
    u128 logical_checksum() const;

    std::span<const std::byte> bytes(std::uint64_t offset, std::size_t size) const {
        return disk.bytes().subspan(offset, size);
    }

    void page_store_progress();

    static constexpr std::uint64_t begin = 4 * sector_size;

    Limits limits;
    Prng prng;
    MemoryDisk disk;
    storage::IoQueue io;
    std::unique_ptr<storage::CheckpointStore> page_store;
    std::unique_ptr<engine::LedgerStore> store;
    std::unique_ptr<engine::Merges> merges;
    std::unique_ptr<engine::Flush> flush;
    std::unique_ptr<engine::Restore> restore;
    std::unique_ptr<storage::PageCache> cache;
    std::unique_ptr<engine::Fetch> fetch;
    storage::ManifestRoot newest;
    storage::ManifestRoot previous;
    std::uint64_t op = 0;
    std::size_t computes_max = 0;          // jobs that were outstanding at a time
    std::function<void()> before_restore;  // called when a restart has opened the page store

private:
    void build();
    void complete(storage::IoToken token, storage::IoStatus status);
    void compute();

    std::vector<storage::Compute> computes_;
};

}  // namespace elytra::test
