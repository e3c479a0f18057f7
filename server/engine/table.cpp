#include "server/engine/table.hpp"

#include <cstring>

#include "server/common/limits.hpp"

namespace elytra::engine {

Table::Table(const Options& options)
    : options_(options),
      rows_per_chunk_(options.chunk_size / options.row_size),
      chunk_reciprocal_(UINT64_MAX / rows_per_chunk_ + 1) {
    ELYTRA_ASSERT(options.chunk_size % sector_size == 0);
    ELYTRA_ASSERT(rows_per_chunk_ >= 2);  // the reciprocal of 1 does not fit
}

std::span<const std::byte> Table::chunk(std::size_t index) const {
    ELYTRA_ASSERT(index < chunk_count());
    return {chunks_[index].start, options_.chunk_size};
}

void Table::grow() {
    ELYTRA_ASSERT(row_count_max - row_capacity_ >= rows_per_chunk_);
    // Large zeroed allocations come as untouched pages: no time is spent on them before rows
    // arrive.
    void* allocation = std::calloc(1, std::size_t{options_.chunk_size} + sector_size);
    ELYTRA_ASSERT(allocation != nullptr);
    void* start = allocation;
    std::size_t space = std::size_t{options_.chunk_size} + sector_size;
    start = std::align(sector_size, options_.chunk_size, start, space);
    chunks_.push_back(Chunk{.allocation = std::unique_ptr<void, FreeChunk>(allocation),
                            .start = static_cast<std::byte*>(start)});
    row_capacity_ += rows_per_chunk_;
}

void Table::truncate(std::uint32_t row_count) {
    ELYTRA_ASSERT(row_count <= row_count_);
    while (row_count_ > row_count) {
        std::memset(address(row_count_ - 1), 0, options_.row_size);
        --row_count_;
    }
}

void Table::restore(std::uint32_t row_count) {
    ELYTRA_ASSERT(row_count <= row_count_max - rows_per_chunk_);
    chunks_.clear();
    row_capacity_ = 0;
    while (row_capacity_ < row_count) grow();
    row_count_ = row_count;
}

std::span<std::byte> Table::restore_chunk(std::size_t index) {
    ELYTRA_ASSERT(index < chunk_count());
    return {chunks_[index].start, options_.chunk_size};
}

}  // namespace elytra::engine
