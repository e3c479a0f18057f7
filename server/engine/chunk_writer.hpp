#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/forest/pair_run.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/manifest.hpp"

namespace elytra::engine {

// Brings chunks to the page store ahead of their checkpoint, as fast as it takes them. How many
// chunks wait here is bounded by whoever pushes them. One thread.
class ChunkWriter {
public:
    // Tags of its chunks are from `tag_first` on, at most Limits::chunk_writes_max of them.
    ChunkWriter(const Limits& limits, std::uint32_t tag_first,
                storage::CheckpointStore& page_store);

    // Appends a reference to `refs`, which is filled in when the chunk is written. Until then the
    // vector itself stays where it is; other chunks may be pushed to it.
    void push(forest::BuiltChunk chunk, std::vector<storage::BlockRef>& refs);

    // Hands chunks over. Called when chunks were pushed or the page store has had a completion.
    void advance();

    void on_written(const storage::ChunkWritten& written);

    // Memory of full chunks that were written, to be used again: at most so many.
    std::vector<SectorBuffer> take_memory(std::size_t count);

    // Chunks that are not in the file yet.
    std::size_t unwritten() const { return waiting_.size() + in_flight_; }

private:
    // What is kept in memory_: as much as two jobs can use.
    static constexpr std::size_t memory_max = 3;

    struct Item {
        forest::BuiltChunk chunk;
        std::vector<storage::BlockRef>* refs = nullptr;
        std::size_t position = 0;  // in refs
    };

    storage::CheckpointStore& page_store_;
    std::uint32_t tag_first_;
    std::deque<Item> waiting_;
    std::vector<std::optional<Item>> slots_;  // being written; the tag is tag_first_ plus the index
    std::size_t in_flight_ = 0;
    std::uint32_t chunk_size_;
    std::vector<SectorBuffer> memory_;
};

}  // namespace elytra::engine
