#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/result.hpp"
#include "server/common/ring_buffer.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/common/strong.hpp"
#include "server/storage/free_extents.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/manifest.hpp"
#include "server/storage/manifest_root.hpp"
#include "server/storage/store_fault.hpp"

namespace elytra::storage {

// A chunk of a segment, as a checkpoint is to have it.
struct SegmentChunk {
    // Already in the page store: of the newest checkpoint, or written with write_chunk(). Only
    // `ref.size` counts when there are bytes to write.
    BlockRef ref;

    // To be written with the checkpoint: whole sectors, sector-aligned, zeros behind ref.size;
    // they do not change until written().
    std::span<const std::byte> bytes;
};

// A sequence of chunks of at most Limits::chunk_size bytes each, which may differ in size.
struct Segment {
    std::uint32_t id = 0;  // unique in a checkpoint
    std::vector<SegmentChunk> chunks;
};

// A chunk that is written before the checkpoint that it belongs to is begun.
struct NewChunk {
    std::uint32_t tag = 0;             // chosen by the caller
    std::span<const std::byte> bytes;  // whole sectors, sector-aligned, zeros behind `size`
    std::uint32_t size = 0;            // bytes of meaning
    u128 checksum = 0;                 // of `bytes`
};

struct ChunkWritten {
    std::uint32_t tag = 0;
    BlockRef ref;
};

// The page store: the part of the data file behind the superblock and the log. It holds the two
// newest checkpoints, and the parts of one that is being written; the superblock refers to the
// newest two.
//
// Between calls: an extent is free only if neither of the two newest checkpoints nor the unfinished
// one refers to it, and no chunk written ahead lies in it. Writes in flight lie in extents that
// were free, inside the extended file. Memory follows the number of chunks, which size_limit
// bounds. One thread.
class CheckpointStore {
public:
    enum class State : std::uint8_t {
        closed,
        opening,
        damaged,  // open() failed: fault() tells
        idle,
        writing,
        flushing,
        written,  // the caller owes the superblock, then commit()
    };

    // Why an unfinished checkpoint, or a chunk written ahead, makes no progress. Lasts until its
    // next write has its place, also while the file is asked to grow again.
    enum class Shortage : std::uint8_t {
        none,
        no_space,    // the file cannot grow; retry_extend() when that may have changed
        size_limit,  // it would grow beyond its limit
    };

    // The store may use [begin, size_limit) of the file, and never more than what one manifest can
    // describe when every chunk is a single sector: 4 TB in production. Requires: begin is a whole
    // sector above 0.
    CheckpointStore(const Limits& limits, std::uint64_t begin, std::uint64_t size_limit,
                    IoQueue& io);
    CheckpointStore(const CheckpointStore&) = delete;
    CheckpointStore& operator=(const CheckpointStore&) = delete;

    // Reads and verifies the manifests that the superblock names; ends in idle or damaged. After
    // damage in the previous one the caller may decide to give that checkpoint up:
    // open(newest, {}). Requires: closed or damaged.
    void open(const ManifestRoot& newest, const ManifestRoot& previous);

    // Writes a chunk for a checkpoint that is begun later, at any time between open() and that
    // begin(), also while another checkpoint is being written; next_written() tells when it is in
    // the file. It is durable with that checkpoint; a crash before that frees its place.
    // `bytes` stay until then. Requires: can_write_chunk().
    void write_chunk(const NewChunk& chunk);

    // At most Limits::chunk_writes_max chunks are unfinished or not fetched at a time; none while
    // the store is not open. Waits, as a checkpoint does, for the file to grow: see shortage().
    bool can_write_chunk() const;

    std::optional<ChunkWritten> next_written();

    // Writes a checkpoint; ends in written. `segments` itself is not needed after the call, the
    // bytes are. What the newest checkpoint refers to and this one does not becomes free when the
    // newest is two checkpoints old. Requires: idle, an op above op(), at most segments_fit()
    // segments; each reference is of the newest checkpoint or came from next_written() and was in
    // no checkpoint yet, and is used once.
    void begin(Op op, std::span<const Segment> segments);

    bool written() const { return state_ == State::written; }

    // For the superblock. Requires: written().
    ManifestRoot root() const;

    // The superblock with root() is durable: what only the checkpoint before the previous one
    // referred to becomes free. Requires: written().
    void commit();

    // Asks for space again after a shortage, or after none.
    void retry_extend();

    void on_io_done(IoToken token, IoStatus status);

    State state() const { return state_; }

    bool is_open() const;

    // Of the checkpoint, or else of the chunks written ahead.
    Shortage shortage() const;

    // Requires: damaged.
    const StoreFault& fault() const;

    // Of the newest checkpoint; zero and empty without one.
    Op op() const { return newest_.op; }

    std::span<const SegmentDescriptor> segments() const { return newest_.segments; }

    // The chunks of a segment of the newest checkpoint, to be read with a Reader; none if there is
    // no such segment. Valid until the next commit().
    std::optional<std::span<const BlockRef>> find(std::uint32_t segment_id) const;

    // The whole of the newest checkpoint, and where it starts.
    const Manifest& newest() const { return newest_; }

    const ManifestRoot& newest_root() const { return newest_root_; }

    // Bytes of the page store that some checkpoint uses, chunks written ahead included.
    std::uint64_t used_size() const { return extents_.used_size(); }

    // Where the file ends as far as this store has used or extended it since it was opened.
    std::uint64_t allocated_end() const { return extended_end_; }

private:
    // The top byte of a token's id; the rest tells I/Os of one lane apart.
    enum class Lane : std::uint8_t { write, write_ahead, flush, extend, manifest_read };

    static constexpr std::uint32_t lane_shift = 24;
    static constexpr std::uint32_t number_mask = (1U << lane_shift) - 1;

    // The writes of the unfinished checkpoint, or those ahead of their checkpoint, which take
    // turns.
    struct Source {
        std::optional<std::uint64_t> placed;  // of its next write, which waits for the file to grow
        Shortage shortage = Shortage::none;
        std::uint32_t in_flight = 0;
    };

    struct ChunkWrite {
        std::size_t index = 0;  // in the chunks of next_
        std::span<const std::byte> bytes;
    };

    // What open() has reached.
    struct Opening {
        ManifestRoot previous_root;
        Manifest previous;
        StoreFault::Part part{};  // the manifest being read,
        ManifestRoot root;        // where it starts,
        BlockRef block;           // and its block being read
        bool block_is_root = false;
        std::size_t leaves_read = 0;
    };

    static IoToken token(Lane lane, std::uint32_t number);

    void plan_segment(const Segment& segment);
    void retire(std::span<const Segment> segments);
    void claim_written_ahead(std::span<const BlockRef> chunks);
    void retry_place();
    void advance();
    bool write_own();
    bool write_own_chunk();
    bool write_manifest_block();
    bool write_waiting_chunk();
    void on_ahead_written(std::uint32_t slot);
    void write(Source& source, const BlockRef& ref, std::span<const std::byte> bytes,
               IoToken token);
    bool is_protected(const Extent& extent) const;
    std::optional<std::uint64_t> place(Source& source, std::uint64_t size);
    void extend_ahead();
    void on_extended(IoStatus status);

    void read_manifest(StoreFault::Part part, const ManifestRoot& root);
    void read_manifest_block(const BlockRef& block);
    void on_manifest_read();
    Manifest& manifest_being_read();
    Result<void, ManifestError> decode_manifest_block(std::span<const std::byte> bytes);
    void on_manifest_complete();
    void finish_open();
    void fail_open(StoreFault::Reason reason, ManifestError error);

    const Limits limits_;
    const ManifestBounds bounds_;
    IoQueue& io_;
    State state_ = State::closed;
    SectorBuffer manifest_block_;  // being encoded and written, or read and decoded
    Opening opening_;
    StoreFault fault_;

    Manifest newest_;
    ManifestRoot newest_root_;
    std::vector<SegmentPlace> newest_places_;
    Manifest next_;  // being written; a chunk with offset 0 has no place yet
    ManifestRoot next_root_;
    std::vector<SegmentPlace> next_places_;

    Source own_;                          // of the unfinished checkpoint: its chunks and manifest
    std::vector<ChunkWrite> own_chunks_;  // that came as bytes
    std::size_t own_chunks_issued_ = 0;

    Source ahead_;
    RingBuffer<NewChunk> ahead_waiting_;
    std::vector<std::optional<ChunkWritten>> ahead_writes_;  // in flight, by slot
    RingBuffer<ChunkWritten> ahead_done_;                    // not fetched yet
    std::vector<BlockRef> ahead_fetched_;  // and not yet in a checkpoint; ascending
    bool ahead_was_last_ = false;          // of the two sources, to issue a write

    FreeExtents extents_;
    std::vector<Extent> only_previous_;  // of the one before the newest, not in the newest
    std::vector<Extent> only_newest_;    // of the newest, not in the one being written
    std::uint64_t extended_end_;
    std::uint64_t extend_target_ = 0;  // 0: no Extend in flight
    bool extend_failed_ = false;
};

}  // namespace elytra::storage
