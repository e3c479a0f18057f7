#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/forest/page.hpp"
#include "server/forest/pair.hpp"
#include "server/forest/pair_page.hpp"

namespace elytra::forest {

// A piece of a segment ready to be written: whole pages, and their checksum. The last chunk of a
// segment may be shorter than the others.
struct BuiltChunk {
    SectorBuffer buffer;     // chunk_size bytes of memory
    std::uint32_t size = 0;  // bytes used; zeros behind
    u128 checksum = 0;       // of the whole sectors that `size` needs
};

// Turns ascending pairs into the pages of a run and collects the pages in chunks.
class PairRunWriter {
public:
    struct Options {
        std::uint32_t segment;  // the run's
        std::uint32_t page_size;
        std::uint32_t chunk_size;  // a multiple of page_size
    };

    explicit PairRunWriter(const Options& options);

    // Memory for chunks to come, chunk_size bytes each with any content; without any, the writer
    // allocates. What is left can be taken back.
    void add_memory(std::vector<SectorBuffer> memory);

    std::vector<SectorBuffer> take_memory() { return std::exchange(memory_, {}); }

    // Requires: pairs ascend strictly.
    void add(std::span<const Pair> pairs);

    void add(Pair pair) { add(std::span(&pair, 1)); }

    // No more pairs follow.
    void finish();

    // Full chunks, and the last one after finish(), in order; they are taken out one by one.
    bool has_chunk() const { return !built_.empty(); }

    BuiltChunk take_chunk();

    // Of the pages so far.
    const std::vector<Fence>& fences() const { return fences_; }

    std::uint64_t pair_count() const { return pair_count_; }

private:
    void start_chunk();
    void finish_page();
    void finish_chunk();

    Options options_;
    PairPageWriter page_;
    BuiltChunk chunk_;  // being filled; without memory until its first page
    std::vector<BuiltChunk> built_;
    std::vector<SectorBuffer> memory_;
    std::vector<Fence> fences_;
    std::uint64_t pair_count_ = 0;
};

}  // namespace elytra::forest
