#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/sector_buffer.hpp"
#include "server/engine/catalog.hpp"
#include "server/forest/pair_run.hpp"

namespace elytra::engine {

// Seals a chunk whose first `size` bytes are filled in: zeros behind, and the checksum.
// Requires: size > 0.
void seal_chunk(forest::BuiltChunk& chunk);

// Copies of bytes as chunks of at most `chunk_size`; none without bytes.
std::vector<forest::BuiltChunk> chunks_of(std::span<const std::byte> bytes,
                                          std::uint32_t chunk_size);

// The size of the tail of a run's segment.
std::uint64_t tail_size(const Run& run);

// The chunk of a run's tail that begins at `offset`, in memory of a full chunk. Requires: a
// multiple of the size of a chunk that is less than tail_size().
forest::BuiltChunk tail_chunk(const Run& run, std::uint64_t offset, SectorBuffer memory);

// Memory of the size of a chunk, of what a job was given or else new.
SectorBuffer take_memory(std::vector<SectorBuffer>& given, std::uint32_t chunk_size);

}  // namespace elytra::engine
