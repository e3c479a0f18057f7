#include "tests/support/page_store_world.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/common/assert.hpp"

using namespace elytra::storage;

namespace elytra::test {
namespace {

bool overlap(std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size) {
    return a < b + b_size && b < a + a_size;
}

}  // namespace

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

void PageStoreDisk::accept(IoQueue& io) {
    for (const IoEffect& effect : io.effects()) {
        if (const auto* write = std::get_if<Write>(&effect)) check_write(*write);
        in_flight_.push_back(effect);
    }
    io.clear();
    const auto is_write = [](const IoEffect& effect) {
        return std::holds_alternative<Write>(effect);
    };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(in_flight_, is_write));
    writes_in_flight_max = std::max(writes_in_flight_max, count);
}

void PageStoreDisk::check_write(const Write& write) const {
    ELYTRA_ASSERT(write.offset % sector_size == 0);
    ELYTRA_ASSERT(!write.bytes.empty());
    ELYTRA_ASSERT(write.bytes.size() % sector_size == 0);
    ELYTRA_ASSERT(write.durability == Durability::volatile_cache);
    ELYTRA_ASSERT(write.offset + write.bytes.size() <= media_.size());
    const auto clear_of = [&](std::uint64_t offset, std::size_t size) {
        return !overlap(write.offset, write.bytes.size(), offset, size);
    };
    for (const Unflushed& other : cache_) {
        ELYTRA_ASSERT(clear_of(other.offset, other.bytes.size()));
    }
    for (const IoEffect& effect : in_flight_) {
        const auto* other = std::get_if<Write>(&effect);
        ELYTRA_ASSERT(other == nullptr || clear_of(other->offset, other->bytes.size()));
    }
}

PageStoreDisk::Done PageStoreDisk::complete(std::size_t index) {
    ELYTRA_ASSERT(index < in_flight_.size());
    const IoEffect effect = in_flight_[index];
    in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(index));
    if (const auto* write = std::get_if<Write>(&effect)) {
        ++writes;
        bytes_written += write->bytes.size();
        cache_.push_back({write->offset, {write->bytes.begin(), write->bytes.end()}});
        return {write->token, IoStatus::ok};
    }
    if (const auto* flush = std::get_if<Flush>(&effect)) {
        ++flushes;
        for (const Unflushed& write : std::exchange(cache_, {})) {
            std::ranges::copy(write.bytes,
                              media_.begin() + static_cast<std::ptrdiff_t>(write.offset));
        }
        return {flush->token, IoStatus::ok};
    }
    if (const auto* extend = std::get_if<Extend>(&effect)) {
        if (extend->size > size_max) return {extend->token, IoStatus::no_space};
        if (extend->size > media_.size()) media_.resize(extend->size);
        return {extend->token, IoStatus::ok};
    }
    read(std::get<Read>(effect));
    return {std::get<Read>(effect).token, IoStatus::ok};
}

std::vector<PageStoreDisk::Unflushed> PageStoreDisk::unflushed() const {
    std::vector<Unflushed> all = cache_;
    for (const IoEffect& effect : in_flight_) {
        if (const auto* write = std::get_if<Write>(&effect)) {
            all.push_back({write->offset, {write->bytes.begin(), write->bytes.end()}});
        }
    }
    return all;
}

void PageStoreDisk::read(const Read& read) const {
    for (const Unflushed& write : cache_) {
        ELYTRA_ASSERT(!overlap(read.offset, read.bytes.size(), write.offset, write.bytes.size()));
    }
    std::ranges::fill(read.bytes, std::byte{});
    if (read.offset >= media_.size()) return;
    const std::size_t size = std::min(read.bytes.size(), media_.size() - read.offset);
    std::ranges::copy(std::span(media_).subspan(read.offset, size), read.bytes.begin());
}

PageStoreWorld::PageStoreWorld(const Limits& store_limits, std::uint64_t limit,
                               std::vector<std::byte> image)
    : limits(store_limits), size_limit(limit), disk(std::move(image)) {
    restart();
}

void PageStoreWorld::restart() {
    io.clear();
    disk = PageStoreDisk({disk.media().begin(), disk.media().end()});
    store = std::make_unique<CheckpointStore>(limits, begin, size_limit, io);
}

bool PageStoreWorld::open() {
    store->open(newest, previous);
    settle();
    return store->state() == CheckpointStore::State::idle;
}

bool PageStoreWorld::step(Prng* prng) {
    disk.accept(io);
    if (disk.in_flight() == 0) return false;
    const PageStoreDisk::Done done =
        disk.complete(prng == nullptr ? 0 : prng->below(disk.in_flight()));
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
