#include "server/engine/chunk_writer.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::engine {

ChunkWriter::ChunkWriter(const Limits& limits, std::uint32_t tag_first,
                         storage::CheckpointStore& page_store)
    : page_store_(page_store),
      tag_first_(tag_first),
      slots_(limits.chunk_writes_max),
      chunk_size_(limits.chunk_size) {}

void ChunkWriter::push(forest::BuiltChunk chunk, std::vector<storage::BlockRef>& refs) {
    ELYTRA_ASSERT(chunk.size > 0);
    ELYTRA_ASSERT(chunk.size <= chunk.buffer.size());
    waiting_.push_back({.chunk = std::move(chunk), .refs = &refs, .position = refs.size()});
    refs.emplace_back();
}

void ChunkWriter::advance() {
    while (!waiting_.empty() && page_store_.can_write_chunk()) {
        const auto slot = std::ranges::find_if(
            slots_, [](const std::optional<Item>& item) { return !item.has_value(); });
        ELYTRA_ASSERT(slot != slots_.end());  // the page store has no more of them either
        slot->emplace(std::move(waiting_.front()));
        waiting_.pop_front();
        ++in_flight_;
        const forest::BuiltChunk& chunk = (*slot)->chunk;
        page_store_.write_chunk(
            {.tag = tag_first_ + static_cast<std::uint32_t>(slot - slots_.begin()),
             .bytes = chunk.buffer.bytes().first(round_up(chunk.size, sector_size)),
             .size = chunk.size,
             .checksum = chunk.checksum});
    }
}

std::vector<SectorBuffer> ChunkWriter::take_memory(std::size_t count) {
    std::vector<SectorBuffer> taken;
    for (; count > 0 && !memory_.empty(); --count) {
        taken.push_back(std::move(memory_.back()));
        memory_.pop_back();
    }
    return taken;
}

void ChunkWriter::on_written(const storage::ChunkWritten& written) {
    ELYTRA_ASSERT(written.tag - tag_first_ < slots_.size());
    std::optional<Item>& slot = slots_[written.tag - tag_first_];
    ELYTRA_ASSERT(slot.has_value());
    ELYTRA_ASSERT(written.ref.size == slot->chunk.size);
    ELYTRA_ASSERT(written.ref.checksum == slot->chunk.checksum);
    (*slot->refs)[slot->position] = written.ref;
    SectorBuffer& buffer = slot->chunk.buffer;
    if (buffer.size() == chunk_size_ && memory_.size() < memory_max) {
        memory_.push_back(std::move(buffer));
    }
    slot.reset();
    --in_flight_;
}

}  // namespace elytra::engine
