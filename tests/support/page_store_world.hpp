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
#include "tests/support/memory_disk.hpp"

// A checkpoint store over a disk in memory, for its unit tests.
namespace elytra::test {

// What one segment of a checkpoint holds.
struct Table {
    std::uint16_t id = 0;
    storage::Segment::Growth growth = storage::Segment::Growth::append_only;
    std::vector<std::byte> bytes;

    bool operator==(const Table&) const = default;
};

using Tables = std::vector<Table>;

std::vector<std::byte> random_bytes(Prng& prng, std::size_t size);

// The tables in memory as the store wants them.
class Snapshot {
public:
    Snapshot(const Tables& tables, std::uint32_t chunk_size);

    std::vector<storage::Segment> segments;

private:
    std::vector<SectorBuffer> buffers_;
};

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

    // A whole checkpoint, committed.
    void checkpoint(Op op, const Tables& tables);

    // The root is durable in the superblock.
    void commit();

    std::optional<storage::ChunkRead> read_chunk(std::size_t segment, std::size_t chunk,
                                                 std::span<std::byte> into);
    Tables read_all();

    // Puts whole sectors on the disk behind the store's back.
    void plant(std::uint64_t offset, std::span<const std::byte> sectors);

    static constexpr std::uint64_t begin = 4 * sector_size;

    Limits limits;
    std::uint64_t size_limit;
    MemoryDisk disk;
    storage::IoQueue io;
    std::unique_ptr<storage::CheckpointStore> store;
    storage::ManifestRoot newest;
    storage::ManifestRoot previous;
    std::uint64_t writes = 0;
    std::uint64_t flushes = 0;
    std::size_t in_flight_max = 0;
};

// Chunks of one sector, two writes in flight, a file that grows by four sectors.
Limits limits_page_store();

// Tables without their growth, as read_all() finds them.
Tables content_of(const Tables& tables);

}  // namespace elytra::test
