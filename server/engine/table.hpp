#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::engine {

// Numbers are in checkpoints: they are never given to another table.
enum class TableId : std::uint16_t {
    scalars = 1,
    accounts = 2,
    transfers = 3,
    transfer_events = 4,
    expiries = 5,
    wide_balances = 6,
    failed_ids = 7,
};

enum class TableKind : std::uint8_t {
    append_only,  // a row never changes after the op that appended it
    rewritten,    // any row may change in any op
};

// Rows of one size in sector-aligned chunks of one size, so that a checkpoint writes the chunks as
// they lie in memory and reads them back into place. A chunk holds whole rows; the bytes behind the
// last row are zero. Rows never move. Chunks are allocated as the table grows and kept after that.
class Table {
public:
    struct Options {
        TableId id;
        TableKind kind;
        std::uint32_t row_size;
        std::uint32_t chunk_size;  // a multiple of the sector size, at least two rows
    };

    explicit Table(const Options& options);

    TableId id() const { return options_.id; }

    TableKind kind() const { return options_.kind; }

    std::uint32_t row_size() const { return options_.row_size; }

    std::uint32_t row_count() const { return row_count_; }

    std::uint32_t rows_per_chunk() const { return rows_per_chunk_; }

    // How many chunks it takes to hold the rows.
    std::size_t chunk_count() const {
        return round_up(row_count_, rows_per_chunk_) / rows_per_chunk_;
    }

    std::span<const std::byte> chunk(std::size_t index) const;

    // The row as what it was appended as.
    template <class Row>
    const Row& row(std::uint32_t index) const {
        ELYTRA_ASSERT(sizeof(Row) == options_.row_size);
        return *static_cast<const Row*>(address(index));
    }

    template <class Row>
    Row& row(std::uint32_t index) {
        ELYTRA_ASSERT(sizeof(Row) == options_.row_size);
        return *static_cast<Row*>(address(index));
    }

    // Returns the index of the new row. Requires: fewer than row_count_max rows.
    template <class Row>
    std::uint32_t append(const Row& appended) {
        if (row_count_ == row_capacity_) grow();
        const std::uint32_t index = row_count_++;
        row<Row>(index) = appended;
        return index;
    }

    // Hints that the row will be used soon.
    void prefetch(std::uint32_t index) const {
        if (index >= row_count_) return;
        const char* start = static_cast<const char*>(address(index));
        __builtin_prefetch(start);
        __builtin_prefetch(start + options_.row_size - 1);
    }

    // Removes the rows from `row_count` on. Requires: row_count <= row_count().
    void truncate(std::uint32_t row_count);

    // Gives the table `row_count` rows whose chunks the caller is going to fill through
    // restore_chunk(). Former rows are lost.
    void restore(std::uint32_t row_count);

    std::span<std::byte> restore_chunk(std::size_t index);

    // Leaves the highest bit of a row index free for those who store it.
    static constexpr std::uint32_t row_count_max = 1U << 31;

private:
    struct FreeChunk {
        void operator()(void* allocation) const { std::free(allocation); }
    };

    struct Chunk {
        std::unique_ptr<void, FreeChunk> allocation;
        std::byte* start = nullptr;  // the first sector boundary in the allocation
    };

    void grow();

    void* address(std::uint32_t index) const {
        ELYTRA_ASSERT(index < row_count_);
        // index / rows_per_chunk_, exact for 32-bit numbers; this is on every path that reads a
        // row.
        const std::uint64_t chunk = high_half(static_cast<u128>(index) * chunk_reciprocal_);
        const std::uint64_t row_in_chunk = index - chunk * rows_per_chunk_;
        return chunks_[chunk].start + row_in_chunk * options_.row_size;
    }

    Options options_;
    std::uint32_t rows_per_chunk_;
    std::uint64_t chunk_reciprocal_;
    std::uint32_t row_count_ = 0;
    std::uint32_t row_capacity_ = 0;
    std::vector<Chunk> chunks_;
};

}  // namespace elytra::engine
