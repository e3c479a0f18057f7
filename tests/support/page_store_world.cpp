#include "tests/support/page_store_world.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/common/assert.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra::storage;

namespace elytra::test {
namespace {

bool overlap(const Extent& extent, const std::vector<Extent>& others) {
    return std::ranges::any_of(others, [&](const Extent& other) {
        return extent.offset < other.end() && other.offset < extent.end();
    });
}

}  // namespace

std::vector<std::byte> random_bytes(Prng& prng, std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.below(256));
    return bytes;
}

std::vector<std::uint32_t> random_sizes(Prng& prng, std::size_t total, std::uint32_t chunk_size) {
    std::vector<std::uint32_t> sizes;
    for (std::size_t sum = 0; sum < total; sum += sizes.back()) {
        sizes.push_back(narrow<std::uint32_t>(prng.between(1, chunk_size)));
    }
    return sizes;
}

Contents content_of(const Tables& tables) {
    Contents contents;
    for (const Table& table : tables) contents.push_back({.id = table.id, .bytes = table.bytes});
    return contents;
}

Snapshot::Snapshot(const Table& table, std::uint32_t chunk_size)
    : segment_{.id = table.id, .chunks = {}} {
    std::span<const std::byte> rest = table.bytes;
    for (std::size_t i = 0; !rest.empty(); ++i) {
        const std::size_t wanted = i < table.chunk_sizes.size() ? table.chunk_sizes[i] : chunk_size;
        const std::size_t size = std::min(rest.size(), wanted);
        buffers_.emplace_back(size);
        std::ranges::copy(rest.first(size), buffers_.back().bytes().begin());
        segment_.chunks.push_back({.ref = {.size = narrow<std::uint32_t>(size)},
                                   .bytes = std::as_const(buffers_.back()).bytes()});
        rest = rest.subspan(size);
    }
}

Snapshot::Snapshot(const Table& table, std::uint32_t chunk_size, const CheckpointStore& store)
    : Snapshot(table, chunk_size) {
    if (table.growth == Growth::rewritten) return;
    const std::span<const BlockRef> before =
        store.find(table.id).value_or(std::span<const BlockRef>{});
    for (std::size_t i = 0; i < std::min(before.size(), segment_.chunks.size()); ++i) {
        SegmentChunk& chunk = segment_.chunks[i];
        if (chunk.ref.size != before[i].size) continue;
        if (wire::checksum(chunk.bytes) == before[i].checksum) chunk = {before[i], {}};
    }
}

bool Snapshot::write_ahead(CheckpointStore& store) {
    if (!store.can_write_chunk()) return false;
    while (begun_ < segment_.chunks.size() && segment_.chunks[begun_].bytes.empty()) {
        ++begun_;
        ++written_;
    }
    if (begun_ == segment_.chunks.size()) return false;
    const SegmentChunk& chunk = segment_.chunks[begun_];
    store.write_chunk({.tag = begun_++,
                       .bytes = chunk.bytes,
                       .size = chunk.ref.size,
                       .checksum = wire::checksum(chunk.bytes)});
    return true;
}

void Snapshot::on_written(const ChunkWritten& written) {
    SegmentChunk& chunk = segment_.chunks.at(written.tag);
    ELYTRA_ASSERT(!chunk.bytes.empty());
    ELYTRA_ASSERT(written.ref.size == chunk.ref.size);
    ELYTRA_ASSERT(written.ref.checksum == wire::checksum(chunk.bytes));
    chunk = {.ref = written.ref, .bytes = {}};
    ++written_;
}

std::vector<Segment> segments_of(const std::vector<Snapshot>& snapshots) {
    std::vector<Segment> segments;
    for (const Snapshot& snapshot : snapshots) segments.push_back(snapshot.segment());
    return segments;
}

PageStoreWorld::PageStoreWorld(const Limits& store_limits, std::uint64_t limit,
                               MemoryDisk store_disk)
    : limits(store_limits),
      size_limit(limit),
      disk(std::move(store_disk)),
      reader(IoOwner::session_restore, 1, io) {
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
    if (!store->is_open()) return false;
    newest_extents = extents_of(newest, store->newest());
    if (previous.size == 0) previous_extents.clear();
    return true;
}

void PageStoreWorld::check(const Write& write) const {
    ELYTRA_ASSERT(write.durability == Durability::volatile_cache);
    ELYTRA_ASSERT(write.bytes.size() <= limits.chunk_size);
    ELYTRA_ASSERT(write.offset >= begin);
    ELYTRA_ASSERT(write.offset + write.bytes.size() <= disk.bytes().size());
    const Extent extent{.offset = write.offset, .size = write.bytes.size()};
    ELYTRA_ASSERT(!overlap(extent, newest_extents));
    ELYTRA_ASSERT(!overlap(extent, previous_extents));
}

void PageStoreWorld::submit() {
    for (const IoEffect& effect : io.effects()) {
        if (std::holds_alternative<Flush>(effect)) ++flushes;
        const auto* write = std::get_if<Write>(&effect);
        if (write == nullptr) continue;
        ++writes;
        check(*write);
    }
    disk.submit(io);
    std::size_t writes_in_flight = 0;
    for (std::size_t i = 0; i < disk.in_flight(); ++i) {
        if (std::holds_alternative<Write>(disk.effect_in_flight(i))) ++writes_in_flight;
    }
    in_flight_max = std::max(in_flight_max, disk.in_flight());
    writes_in_flight_max = std::max(writes_in_flight_max, writes_in_flight);
}

void PageStoreWorld::complete(std::size_t index) {
    const MemoryDisk::Completion done = disk.complete(index);
    if (done.token.owner == IoOwner::session_restore) {
        reader.on_io_done(done.token);
    } else if (done.token.owner == IoOwner::scrubber) {
        scrubber->on_io_done(done.token);
    } else {
        store->on_io_done(done.token, done.status);
    }
}

bool PageStoreWorld::step() {
    submit();
    if (disk.in_flight() == 0) return false;
    complete(0);
    return true;
}

bool PageStoreWorld::step_any() {
    submit();
    if (disk.in_flight() == 0) return false;
    complete(disk.any_in_flight());
    return true;
}

void PageStoreWorld::settle() {
    while (step()) continue;
}

std::vector<Snapshot> PageStoreWorld::snapshots_of(const Tables& tables) const {
    std::vector<Snapshot> snapshots;
    for (const Table& table : tables) snapshots.emplace_back(table, limits.chunk_size, *store);
    return snapshots;
}

void PageStoreWorld::write_ahead(Snapshot& snapshot) {
    do {
        while (snapshot.write_ahead(*store)) continue;
        while (const auto written = store->next_written()) snapshot.on_written(*written);
    } while (step());
    ELYTRA_ASSERT(snapshot.settled());
}

void PageStoreWorld::checkpoint(Op op, const Tables& tables) {
    const std::vector<Snapshot> snapshots = snapshots_of(tables);
    store->begin(op, segments_of(snapshots));
    settle();
    commit();
}

void PageStoreWorld::checkpoint_ahead(Op op, const Tables& tables) {
    std::vector<Snapshot> snapshots = snapshots_of(tables);
    for (Snapshot& snapshot : snapshots) write_ahead(snapshot);
    store->begin(op, segments_of(snapshots));
    settle();
    commit();
}

void PageStoreWorld::commit() {
    previous = std::exchange(newest, store->root());
    store->commit();
    previous_extents = std::exchange(newest_extents, extents_of(newest, store->newest()));
}

std::optional<std::vector<std::byte>> PageStoreWorld::read_chunk(const BlockRef& chunk) {
    SectorBuffer buffer(chunk.size);
    reader.read(1, chunk.offset, buffer.bytes());
    settle();
    ELYTRA_ASSERT(reader.next_done() == 1U);
    if (wire::checksum(buffer.bytes()) != chunk.checksum) return std::nullopt;
    return std::vector<std::byte>(buffer.bytes().begin(), buffer.bytes().end());
}

Contents PageStoreWorld::read_all() {
    Contents contents;
    for (const SegmentDescriptor& segment : store->segments()) {
        Content content{.id = segment.id, .bytes = {}};
        const std::span<const BlockRef> chunks = store->find(segment.id).value();
        for (const BlockRef& chunk : chunks) {
            const std::optional<std::vector<std::byte>> bytes = read_chunk(chunk);
            ELYTRA_ASSERT(bytes.has_value());
            content.bytes.insert(content.bytes.end(), bytes->begin(), bytes->begin() + chunk.size);
        }
        ELYTRA_ASSERT(content.bytes.size() == segment.size);
        contents.push_back(std::move(content));
    }
    return contents;
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

}  // namespace elytra::test
