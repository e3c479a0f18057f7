#include "server/engine/chunks.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::engine {

using forest::BuiltChunk;

void seal_chunk(BuiltChunk& chunk) {
    ELYTRA_ASSERT(chunk.size > 0);
    const std::span<std::byte> sectors =
        chunk.buffer.bytes().first(round_up(chunk.size, sector_size));
    std::ranges::fill(sectors.subspan(chunk.size), std::byte{});
    chunk.checksum = wire::checksum(sectors);
}

std::vector<BuiltChunk> chunks_of(std::span<const std::byte> bytes, std::uint32_t chunk_size) {
    std::vector<BuiltChunk> chunks;
    while (!bytes.empty()) {
        const std::span<const std::byte> part =
            bytes.first(std::min<std::size_t>(bytes.size(), chunk_size));
        BuiltChunk chunk{.buffer = SectorBuffer(part.size()),
                         .size = narrow<std::uint32_t>(part.size())};
        std::memcpy(chunk.buffer.bytes().data(), part.data(), part.size());
        seal_chunk(chunk);
        chunks.push_back(std::move(chunk));
        bytes = bytes.subspan(part.size());
    }
    return chunks;
}

std::uint64_t tail_size(const Run& run) {
    return run_tail(narrow<std::uint32_t>(run.fences.size()), run.filter.bytes().size()).size;
}

BuiltChunk tail_chunk(const Run& run, std::uint64_t offset, SectorBuffer memory) {
    const std::uint64_t left = tail_size(run) - offset;
    BuiltChunk chunk{.buffer = std::move(memory)};
    chunk.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, chunk.buffer.size()));
    copy_tail(run, offset, chunk.buffer.bytes().first(chunk.size));
    seal_chunk(chunk);
    return chunk;
}

SectorBuffer take_memory(std::vector<SectorBuffer>& given, std::uint32_t chunk_size) {
    if (given.empty()) return SectorBuffer(chunk_size);
    SectorBuffer memory = std::move(given.back());
    given.pop_back();
    ELYTRA_ASSERT(memory.size() == chunk_size);
    return memory;
}

}  // namespace elytra::engine
