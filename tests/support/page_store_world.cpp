#include "tests/support/page_store_world.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/common/assert.hpp"

using namespace elytra::storage;

namespace elytra::test {
std::vector<std::byte> random_bytes(Prng& prng, std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.below(256));
    return bytes;
}

Snapshot::Snapshot(const Tables& tables, std::uint32_t chunk_size) {
    for (const Table& table : tables) {
        buffers_.emplace_back(table.bytes.size());
        std::ranges::copy(table.bytes, buffers_.back().bytes().begin());
        Segment segment{
            .id = table.id, .size = table.bytes.size(), .growth = table.growth, .chunks = {}};
        std::span<const std::byte> rest = buffers_.back().bytes();
        while (!rest.empty()) {
            const std::size_t size = std::min<std::size_t>(rest.size(), chunk_size);
            segment.chunks.push_back(rest.first(size));
            rest = rest.subspan(size);
        }
        segments.push_back(std::move(segment));
    }
}

PageStoreWorld::PageStoreWorld(const Limits& store_limits, std::uint64_t limit,
                               MemoryDisk store_disk)
    : limits(store_limits), size_limit(limit), disk(std::move(store_disk)) {
    restart();
}

void PageStoreWorld::restart() {
    io.clear();
    disk.crash(std::vector(disk.writes_at_risk(), WriteFate::dropped));
    store = std::make_unique<CheckpointStore>(limits, begin, size_limit, io);
}

bool PageStoreWorld::open() {
    store->open(newest, previous);
    settle();
    return store->state() == CheckpointStore::State::idle;
}

void PageStoreWorld::submit() {
    for (const IoEffect& effect : io.effects()) {
        if (std::holds_alternative<Flush>(effect)) ++flushes;
        const auto* write = std::get_if<Write>(&effect);
        if (write == nullptr) continue;
        ++writes;
        ELYTRA_ASSERT(write->durability == Durability::volatile_cache);
        ELYTRA_ASSERT(write->bytes.size() <= limits.chunk_size);
        ELYTRA_ASSERT(write->offset >= begin);
        ELYTRA_ASSERT(write->offset + write->bytes.size() <= disk.bytes().size());
    }
    disk.submit(io);
    in_flight_max = std::max(in_flight_max, disk.in_flight());
}

bool PageStoreWorld::step() {
    submit();
    if (disk.in_flight() == 0) return false;
    const MemoryDisk::Completion done = disk.complete(0);
    store->on_io_done(done.token, done.status);
    return true;
}

bool PageStoreWorld::step_any() {
    submit();
    if (disk.in_flight() == 0) return false;
    const MemoryDisk::Completion done = disk.complete_any();
    store->on_io_done(done.token, done.status);
    return true;
}

void PageStoreWorld::settle() {
    while (step()) continue;
}

void PageStoreWorld::checkpoint(Op op, const Tables& tables) {
    const Snapshot snapshot(tables, limits.chunk_size);
    store->begin(op, snapshot.segments);
    settle();
    commit();
}

void PageStoreWorld::commit() {
    previous = std::exchange(newest, store->root());
    store->commit();
}

std::optional<ChunkRead> PageStoreWorld::read_chunk(std::size_t segment, std::size_t chunk,
                                                    std::span<std::byte> into) {
    store->read_chunk(segment, chunk, into);
    settle();
    return store->next_read();
}

Tables PageStoreWorld::read_all() {
    Tables tables;
    for (std::size_t i = 0; i < store->segments().size(); ++i) {
        const SegmentDescriptor segment = store->segments()[i];
        SectorBuffer buffer(segment.size);
        for (std::size_t chunk = 0; chunk < segment.chunk_count; ++chunk) {
            const std::span<std::byte> rest = buffer.bytes().subspan(chunk * limits.chunk_size);
            const std::optional<ChunkRead> read = read_chunk(i, chunk, rest);
            ELYTRA_ASSERT(read.has_value());
            ELYTRA_ASSERT(!read->fault.has_value());
        }
        const std::span<const std::byte> bytes = buffer.bytes().first(segment.size);
        tables.push_back({.id = segment.id, .bytes = {bytes.begin(), bytes.end()}});
    }
    return tables;
}

void PageStoreWorld::plant(std::uint64_t offset, std::span<const std::byte> sectors) {
    SectorBuffer buffer(sectors.size());
    std::ranges::copy(sectors, buffer.bytes().begin());
    IoQueue direct;
    direct.push(Write{
        .offset = offset, .bytes = buffer.bytes(), .durability = Durability::durable, .token = {}});
    disk.submit(direct);
    disk.complete(disk.in_flight() - 1);
}

Limits limits_page_store() {
    Limits limits = limits_tiny();
    limits.chunk_size = sector_size;
    limits.chunk_writes_max = 2;
    limits.extent_step = 4 * sector_size;
    return limits;
}

Tables content_of(const Tables& tables) {
    Tables content = tables;
    for (Table& table : content) table.growth = Segment::Growth::append_only;
    return content;
}

}  // namespace elytra::test
