#include "server/engine/status_table.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::engine {

using ledger::PendingStatus;

StatusTable::StatusTable(const Limits& limits)
    : chunk_size_(limits.chunk_size), rows_per_chunk_(limits.chunk_size * rows_per_byte) {
    ELYTRA_ASSERT(limits.chunk_size % sector_size == 0);
    ELYTRA_ASSERT(rows_per_chunk_ / rows_per_byte == limits.chunk_size);
}

void StatusTable::set(ledger::TransferRow row, PendingStatus status) {
    ELYTRA_ASSERT(status >= PendingStatus::pending && status <= PendingStatus::expired);
    const std::uint32_t index = row.value / rows_per_chunk_;
    if (index >= chunks_.size()) chunks_.resize(index + std::size_t{1});
    Chunk& chunk = chunks_[index];
    if (!chunk.exists()) chunk.memory = SectorBuffer(chunk_size_);
    chunk.changed = true;

    const Place place = place_of(row);
    const std::uint32_t bits = static_cast<std::uint32_t>(status) - 1;
    std::byte& byte = chunk.memory.bytes()[place.byte];
    byte &= ~static_cast<std::byte>(status_mask << place.shift);
    byte |= static_cast<std::byte>(bits << place.shift);
}

std::vector<StatusTable::Image> StatusTable::cut() {
    std::vector<Image> images;
    for (std::uint32_t index = 0; index < chunk_count(); ++index) {
        Chunk& chunk = chunks_[index];
        if (chunk.exists() && !chunk.changed) continue;
        if (!chunk.exists()) chunk.memory = SectorBuffer(chunk_size_);
        chunk.changed = false;
        images.push_back({.chunk = index, .bytes = SectorBuffer(chunk_size_)});
        std::ranges::copy(chunk.memory.bytes(), images.back().bytes.bytes().begin());
    }
    return images;
}

std::uint32_t StatusTable::chunk_count() const { return narrow<std::uint32_t>(chunks_.size()); }

std::span<std::byte> StatusTable::restore_chunk() {
    chunks_.push_back({.memory = SectorBuffer(chunk_size_)});
    return chunks_.back().memory.bytes();
}

}  // namespace elytra::engine
