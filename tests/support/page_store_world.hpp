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

// The page store's part of a file. Completed writes stay in a volatile cache until a flush. Every
// rule of the I/O seam is checked on the way.
class PageStoreDisk {
public:
    struct Unflushed {
        std::uint64_t offset = 0;
        std::vector<std::byte> bytes;
    };

    struct Done {
        storage::IoToken token;
        storage::IoStatus status{};
    };

    explicit PageStoreDisk(std::vector<std::byte> image) : media_(std::move(image)) {}

    void accept(storage::IoQueue& io);

    std::size_t in_flight() const { return in_flight_.size(); }

    Done complete(std::size_t index);

    // What a power loss now would leave to chance: completed and not flushed, or in flight.
    std::vector<Unflushed> unflushed() const;

    std::span<std::byte> media() { return media_; }

    std::uint64_t size_max = UINT64_MAX;  // an Extend beyond finds no space
    std::uint64_t writes = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t flushes = 0;
    std::size_t writes_in_flight_max = 0;

private:
    void check_write(const storage::Write& write) const;
    void read(const storage::Read& read) const;

    std::vector<std::byte> media_;
    std::vector<Unflushed> cache_;
    std::vector<storage::IoEffect> in_flight_;
};

struct PageStoreWorld {
    explicit PageStoreWorld(const Limits& limits, std::uint64_t size_limit = 64U << 20,
                            std::vector<std::byte> image = {});

    // A new process over what is on the disk.
    void restart();

    // Opens what was committed last. False: damaged.
    bool open();

    // Completes one I/O in flight, in the order of issue or a random one. False: nothing to do.
    bool step(Prng* prng = nullptr);
    void settle();

    // A whole checkpoint, committed.
    void checkpoint(Op op, const Tables& tables);

    // The committed root was made durable in the superblock.
    void commit();

    std::optional<storage::ChunkRead> read_chunk(std::size_t segment, std::size_t chunk,
                                                 std::span<std::byte> into);
    Tables read_all();

    static constexpr std::uint64_t begin = 4 * sector_size;

    Limits limits;
    std::uint64_t size_limit;
    PageStoreDisk disk;
    storage::IoQueue io;
    std::unique_ptr<storage::CheckpointStore> store;
    storage::ManifestRoot newest;
    storage::ManifestRoot previous;
};

// Chunks of one sector, two writes in flight, a file that grows by four sectors.
Limits limits_page_store();

// Tables without their growth, as read_all() finds them.
Tables content_of(const Tables& tables);

}  // namespace elytra::test
