#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/merges.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::engine {

// Brings one cut to the page store: the rows of the previous generation as columns, one run for
// each index over them (none for an index without pairs), what accounts and statuses have to write,
// and the results of the merges that are due. Encoding and sorting are jobs (IoOwner::flush); their
// output is written ahead of the checkpoint, chunk by chunk, so that few chunks are held in memory.
// When all of it is in the file, the catalog is brought up to date.
//
// What is written, and under which names, is a function of the operations alone, not of timing
// (S13, S14).
class Flush {
public:
    struct Parts {
        LedgerStore& store;
        Merges& merges;
        storage::CheckpointStore& page_store;
        storage::IoQueue& io;
    };

    Flush(const Limits& limits, const Parts& parts);

    // Right after LedgerStore::cut(): copies what the next operations will change.
    // Requires: done() of the last one, or none.
    void begin();

    // As far as completions allow. Called after each of them.
    void advance();

    void on_computed(storage::IoToken token);

    // A chunk that has this tag was written. Tags: see flush_tag below.
    void on_written(const storage::ChunkWritten& written);

    // Everything is in the file or held in segments(); the catalog is that of this cut.
    bool done() const;

    // All segments of the engine for the checkpoint; they refer to memory of this object until
    // begin(). Requires: done().
    std::span<const storage::Segment> segments() const;

private:
    // (to be written)
};

// Chunks written ahead belong to the flush or, with this bit, to a merge.
inline constexpr std::uint32_t merge_tag_bit = 1U << 31;

}  // namespace elytra::engine
