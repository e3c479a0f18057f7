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

namespace elytra::storage {

// One table or blob, as a checkpoint is to store it.
struct Segment {
    // append_only: the bytes that the newest checkpoint has under this id are still the same, so
    // chunks that did not grow stay where they are. rewritten: every chunk is written.
    enum class Growth : std::uint8_t { append_only, rewritten };

    std::uint16_t id = 0;    // unique in a checkpoint
    std::uint64_t size = 0;  // bytes of meaning
    Growth growth = Growth::append_only;

    // Limits::chunk_size bytes each; the last one may be shorter: whole sectors, padded with zeros.
    // Sector-aligned memory that does not change until written(). An empty span stands for a chunk
    // that is as in the newest checkpoint, whatever the growth.
    std::vector<std::span<const std::byte>> chunks;
};

// What is damaged, and where. A fault of a manifest names the block that could not be trusted.
struct StoreFault {
    enum class Part : std::uint8_t { newest_manifest, previous_manifest, chunk };
    enum class Reason : std::uint8_t {
        checksum,  // not what its parent expects: rot, a torn, lost or misdirected write
        format,    // `format_error` tells
        overlap,   // two references share bytes
    };

    Part part{};
    Reason reason{};
    ManifestError format_error{};  // only with Reason::format
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint16_t segment_id = 0;   // only of a chunk
    std::uint32_t chunk_index = 0;  // only of a chunk

    bool operator==(const StoreFault&) const = default;
};

struct ChunkRead {
    std::size_t segment_index = 0;
    std::size_t chunk_index = 0;
    std::optional<StoreFault> fault;  // then the buffer was filled with zeros
};

// The page store: the part of the data file behind the superblock and the log. It holds the two
// newest checkpoints, and the parts of one that is being written; the superblock refers to the
// newest two.
//
// Between calls: an extent is free only if neither of the two newest checkpoints nor the unfinished
// one refers to it. Writes in flight lie in extents that were free, inside the extended file.
// Memory follows the number of chunks, which size_limit bounds. One thread.
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

    // Why an unfinished checkpoint makes no progress. Lasts until the next write has its place,
    // also while the file is asked to grow again.
    enum class Shortage : std::uint8_t {
        none,
        no_space,    // the file cannot grow; retry_extend() when that may have changed
        size_limit,  // it would grow beyond its limit
    };

    // The store may use [begin, size_limit) of the file. Requires: begin is a whole sector above 0.
    CheckpointStore(const Limits& limits, std::uint64_t begin, std::uint64_t size_limit,
                    IoQueue& io);
    CheckpointStore(const CheckpointStore&) = delete;
    CheckpointStore& operator=(const CheckpointStore&) = delete;

    // Reads and verifies the manifests that the superblock names; ends in idle or damaged. After
    // damage in the previous one the caller may decide to give that checkpoint up:
    // open(newest, {}). Requires: closed or damaged.
    void open(const ManifestRoot& newest, const ManifestRoot& previous);

    // Writes a checkpoint; ends in written. `segments` itself is not needed after the call, the
    // chunks are. Requires: idle, no reads in flight, an op above op().
    void begin(Op op, std::span<const Segment> segments);

    bool written() const { return state_ == State::written; }

    // For the superblock. Requires: written().
    ManifestRoot root() const;

    // The superblock with root() is durable: what only the checkpoint before the previous one
    // referred to becomes free. Requires: written().
    void commit();

    // Asks for space again after a shortage, or after none.
    void retry_extend();

    // Reads a chunk of the newest checkpoint into the front of `into`, whole sectors; completed
    // reads are fetched with next_read(). Requires: idle, can_read().
    void read_chunk(std::size_t segment_index, std::size_t chunk_index, std::span<std::byte> into);

    bool can_read() const { return reads_pending_ < reads_.size(); }

    // In the order of completion. Unfetched ones count as in flight.
    std::optional<ChunkRead> next_read();

    std::size_t reads_in_flight() const { return reads_pending_; }

    void on_io_done(IoToken token, IoStatus status);

    State state() const { return state_; }

    Shortage shortage() const { return shortage_; }

    // Requires: damaged.
    const StoreFault& fault() const;

    // Of the newest checkpoint; zero and empty without one.
    Op op() const { return newest_.op; }

    std::span<const SegmentDescriptor> segments() const { return newest_.segments; }

    // Bytes of the page store that some checkpoint uses.
    std::uint64_t used_size() const { return extents_.used_size(); }

    // Where the file ends as far as this store has used or extended it since it was opened.
    std::uint64_t allocated_end() const { return extended_end_; }

private:
    // The top byte of a token's id; the rest tells I/Os of one lane apart.
    enum class Lane : std::uint8_t { write, flush, extend, manifest_read, chunk_read };

    static constexpr std::uint32_t lane_shift = 24;
    static constexpr std::uint32_t number_mask = (1U << lane_shift) - 1;

    struct ChunkWrite {
        std::size_t index = 0;  // in the chunks of next_
        std::span<const std::byte> bytes;
    };

    struct PendingRead {
        std::size_t segment_index = 0;
        std::size_t chunk_index = 0;
        std::span<std::byte> into;  // empty: this slot is free
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
    void adopt_or_retire(std::size_t newest_index, std::span<const Segment> segments);
    void collect_writes(std::span<const Segment> segments);
    void advance();
    bool write_next_chunk();
    void write_next_manifest_block();
    void write(std::uint64_t offset, std::span<const std::byte> bytes);
    bool is_protected(const Extent& extent) const;  // one of the two newest checkpoints uses it
    std::optional<std::uint64_t> place(std::uint64_t size);
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
    const BlockRef& chunk_at(std::size_t segment_index, std::size_t chunk_index) const;
    void on_chunk_read(std::size_t slot);

    const Limits limits_;
    const ManifestBounds bounds_;
    IoQueue& io_;
    State state_ = State::closed;
    SectorBuffer manifest_block_;  // being encoded and written, or read and decoded
    Opening opening_;
    StoreFault fault_;

    Manifest newest_;
    ManifestRoot newest_root_;
    Manifest next_;  // being written; a chunk with offset 0 has no place yet
    ManifestRoot next_root_;

    std::vector<ChunkWrite> chunk_writes_;
    std::size_t chunk_writes_issued_ = 0;
    std::uint32_t writes_in_flight_ = 0;
    std::uint32_t writes_issued_ = 0;  // numbers the tokens

    FreeExtents extents_;
    std::vector<Extent> only_previous_;    // of the one before the newest, not in the newest
    std::vector<Extent> only_newest_;      // of the newest, not in the one being written
    std::optional<std::uint64_t> placed_;  // allocated for the next write, which waits for the file
    std::uint64_t extended_end_;
    std::uint64_t extend_target_ = 0;  // 0: no Extend in flight
    bool extend_failed_ = false;
    Shortage shortage_ = Shortage::none;

    std::vector<PendingRead> reads_;
    RingBuffer<ChunkRead> reads_done_;
    std::size_t reads_pending_ = 0;
};

}  // namespace elytra::storage
