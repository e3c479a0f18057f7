#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/reader.hpp"
#include "server/storage/scrubber.hpp"
#include "tests/support/memory_disk.hpp"

// A checkpoint store over a disk in memory, for its unit tests.
namespace elytra::test {

// append_only: chunks that are as in the newest checkpoint keep their place.
enum class Growth : std::uint8_t { append_only, rewritten };

// What one segment of a checkpoint holds.
struct Table {
    std::uint32_t id = 0;
    Growth growth = Growth::append_only;
    std::vector<std::byte> bytes;
    std::vector<std::uint32_t> chunk_sizes = {};  // of the first chunks; the others are full ones
};

using Tables = std::vector<Table>;

// What can be read back of it.
struct Content {
    std::uint32_t id = 0;
    std::vector<std::byte> bytes;

    bool operator==(const Content&) const = default;
};

using Contents = std::vector<Content>;

Contents content_of(const Tables& tables);

std::vector<std::byte> random_bytes(Prng& prng, std::size_t size);

// Sizes from one byte to a full chunk, as many as it takes.
std::vector<std::uint32_t> random_sizes(Prng& prng, std::size_t total, std::uint32_t chunk_size);

// A table in memory as the store wants it. Some of it may be in the store before the checkpoint.
class Snapshot {
public:
    // Everything as bytes.
    Snapshot(const Table& table, std::uint32_t chunk_size);

    // What the newest checkpoint of the store has as well is referred to.
    Snapshot(const Table& table, std::uint32_t chunk_size, const storage::CheckpointStore& store);

    // Begins to write the next of its chunks ahead. False: none is left, or the store is busy.
    bool write_ahead(storage::CheckpointStore& store);

    // Requires: the tag is that of one of its chunks.
    void on_written(const storage::ChunkWritten& written);

    // All of its chunks that were begun ahead are in the file.
    bool settled() const { return begun_ == written_; }

    const storage::Segment& segment() const { return segment_; }

private:
    std::vector<SectorBuffer> buffers_;
    storage::Segment segment_;
    std::uint32_t begun_ = 0;
    std::uint32_t written_ = 0;
};

std::vector<storage::Segment> segments_of(const std::vector<Snapshot>& snapshots);

// A store and what the superblock would say, over a disk whose content outlives them.
struct PageStoreWorld {
    explicit PageStoreWorld(const Limits& limits, std::uint64_t size_limit = 64U << 20,
                            MemoryDisk disk = MemoryDisk(1));

    // A new process after a power loss.
    void restart();

    // Opens what was committed last. False: damaged.
    bool open();

    // Hands new I/O to the disk. Every rule of the page store is checked on the way.
    void submit();

    // Completes one I/O in flight, in the order of issue. False: nothing to do.
    bool step();
    bool step_any();
    void settle();

    // Keep their memory until written.
    std::vector<Snapshot> snapshots_of(const Tables& tables) const;

    // Writes all chunks ahead that would be written.
    void write_ahead(Snapshot& snapshot);

    // A whole checkpoint, committed.
    void checkpoint(Op op, const Tables& tables);
    void checkpoint_ahead(Op op, const Tables& tables);

    // The root is durable in the superblock.
    void commit();

    // Whole sectors of a chunk. Nothing if its checksum is wrong.
    std::optional<std::vector<std::byte>> read_chunk(const storage::BlockRef& chunk);
    Contents read_all();

    // Puts whole sectors on the disk behind the store's back.
    void plant(std::uint64_t offset, std::span<const std::byte> sectors);

    static constexpr std::uint64_t begin = 4 * sector_size;

    Limits limits;
    std::uint64_t size_limit;
    MemoryDisk disk;
    storage::IoQueue io;
    std::unique_ptr<storage::CheckpointStore> store;
    storage::Reader reader;
    storage::Scrubber* scrubber = nullptr;  // one that uses `io` and `store`
    storage::ManifestRoot newest;
    storage::ManifestRoot previous;
    std::vector<storage::Extent> newest_extents;  // what must not be written to
    std::vector<storage::Extent> previous_extents;
    std::uint64_t writes = 0;
    std::uint64_t flushes = 0;
    std::size_t in_flight_max = 0;
    std::size_t writes_in_flight_max = 0;

private:
    void complete(std::size_t index);
    void check(const storage::Write& write) const;
};

// Chunks of one sector, two writes in flight, a file that grows by four sectors.
Limits limits_page_store();

}  // namespace elytra::test
