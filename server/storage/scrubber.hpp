#pragma once

#include <cstdint>
#include <optional>

#include "server/common/sector_buffer.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/manifest.hpp"
#include "server/storage/reader.hpp"

namespace elytra::storage {

// Reads every chunk and manifest block of the newest checkpoint again and again, so that damage is
// found while the other replicas, or a backup, still have what was lost. One block at a time, slow
// enough that nobody notices.
//
// A pass goes through the file by ascending offset, from an offset that is another one on every
// replica, and around its end. Blocks never move, so a pass visits every block that existed all the
// while, whatever checkpoints were made meanwhile. One thread.
class Scrubber {
public:
    static constexpr std::uint64_t pass_nanoseconds_default =
        14 * 24 * 3600 * nanoseconds_per_second;

    struct Options {
        ClusterId cluster;
        ReplicaIndex replica;
        std::uint32_t chunk_size;
        std::uint64_t pass_nanoseconds = pass_nanoseconds_default;
        std::uint64_t interval_nanoseconds_max = 10 * nanoseconds_per_second;  // between two blocks
    };

    // Since this object exists. Chunks and manifest blocks alike.
    struct Counters {
        std::uint64_t blocks_verified = 0;
        std::uint64_t bytes_verified = 0;
        std::uint64_t faults_found = 0;
        std::uint64_t passes_completed = 0;
    };

    Scrubber(const Options& options, const CheckpointStore& store, IoQueue& io);

    // Begins to read the next block when it is time. Waits for a fault to be taken.
    void on_tick(Instant now);

    void on_io_done(IoToken token);

    // Damage in the newest checkpoint, once; the rest of the pass is then ten times as fast.
    std::optional<StoreFault> take_fault();

    const Counters& counters() const { return counters_; }

private:
    std::optional<BlockRef> next_block();
    void finish_pass();
    std::uint64_t interval() const;
    std::optional<StoreFault> fault_at(const BlockRef& block) const;

    const Options options_;
    const CheckpointStore& store_;
    Reader reader_;
    SectorBuffer buffer_;
    BlockRef block_;  // being read

    std::optional<Instant> due_;          // when the next block is to be read
    std::optional<std::uint64_t> start_;  // offset at which every pass starts
    std::uint64_t position_ = 0;          // offset of the first block that may be next
    bool wrapped_ = false;                // the pass has come to the end of the file
    bool damage_found_ = false;           // in this pass
    std::optional<StoreFault> fault_;
    Counters counters_;
};

}  // namespace elytra::storage
