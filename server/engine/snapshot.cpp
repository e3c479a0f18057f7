#include "server/engine/snapshot.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"

namespace elytra::engine {

void Snapshot::add_table(const Table& table) {
    const bool append_only = table.kind() == TableKind::append_only;
    storage::Segment segment;
    segment.id = static_cast<std::uint16_t>(table.id());
    segment.growth =
        append_only ? storage::Segment::Growth::append_only : storage::Segment::Growth::rewritten;
    const std::uint32_t rows_last = table.row_count() % table.rows_per_chunk();
    const std::size_t chunks_full = table.row_count() / table.rows_per_chunk();
    for (std::size_t index = 0; index < chunks_full; ++index) {
        const auto chunk = table.chunk(index).first(chunk_size_);
        segment.chunks.push_back(append_only ? chunk : copy(chunk));
    }
    segment.size = chunks_full * std::uint64_t{chunk_size_};
    if (rows_last > 0) {
        const std::size_t size = std::size_t{rows_last} * table.row_size();
        segment.chunks.push_back(copy(table.chunk(chunks_full).first(size)));
        segment.size += size;
    }
    segments_.push_back(std::move(segment));
}

void Snapshot::add_bytes(std::uint16_t id, SectorBuffer buffer, std::uint64_t size) {
    ELYTRA_ASSERT(size <= buffer.size());
    storage::Segment segment{
        .id = id, .size = size, .growth = storage::Segment::Growth::rewritten, .chunks = {}};
    add_chunks(segment, buffer.bytes().first(round_up<std::uint64_t>(size, sector_size)));
    buffers_.push_back(std::move(buffer));
    segments_.push_back(std::move(segment));
}

void Snapshot::add_message_body(std::uint16_t id, wire::MessageRef message) {
    const std::size_t size = message->body().size();
    if (size == 0) return;
    storage::Segment segment{
        .id = id, .size = size, .growth = storage::Segment::Growth::rewritten, .chunks = {}};
    add_chunks(segment, message->body_capacity().first(round_up<std::size_t>(size, sector_size)));
    messages_.push_back(std::move(message));
    segments_.push_back(std::move(segment));
}

std::span<const std::byte> Snapshot::copy(std::span<const std::byte> bytes) {
    SectorBuffer buffer(bytes.size());
    std::ranges::copy(bytes, buffer.bytes().begin());
    buffers_.push_back(std::move(buffer));
    return buffers_.back().bytes();
}

void Snapshot::add_chunks(storage::Segment& segment, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes.size(), chunk_size_);
        segment.chunks.push_back(bytes.first(size));
        bytes = bytes.subspan(size);
    }
}

}  // namespace elytra::engine
