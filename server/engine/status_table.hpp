#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/ledger/store.hpp"

namespace elytra::engine {

// What became of pending transfers: two bits for every transfer row, in memory, as chunks of
// Limits::chunk_size bytes that exist once a row in them has been resolved. Whether a transfer is a
// pending one at all is a flag of the transfer.
class StatusTable {
public:
    explicit StatusTable(const Limits& limits);

    // Of a pending transfer: pending, posted, voided or expired.
    ledger::PendingStatus status(ledger::TransferRow row) const {
        const std::uint32_t index = row.value / rows_per_chunk_;
        if (index >= chunks_.size() || !chunks_[index].exists()) {
            return ledger::PendingStatus::pending;
        }
        const Place place = place_of(row);
        const auto byte = std::to_integer<std::uint32_t>(chunks_[index].memory.bytes()[place.byte]);
        return status_of(byte >> place.shift & status_mask);
    }

    // Requires: such a status.
    void set(ledger::TransferRow row, ledger::PendingStatus status);

    // ---- checkpoints ----

    struct Image {
        std::uint32_t chunk = 0;
        SectorBuffer bytes;  // chunk_size bytes
    };

    // Copies of the chunks that were changed since the last cut, ascending. Chunks below the
    // highest one that do not exist yet are created, so that the images leave no holes.
    std::vector<Image> cut();

    std::uint32_t chunk_count() const;

    // Requires: an empty table, chunks in ascending order.
    std::span<std::byte> restore_chunk();

private:
    static constexpr std::uint32_t rows_per_byte = 4;
    static constexpr std::uint32_t status_mask = 3;

    struct Chunk {
        SectorBuffer memory;
        bool changed = false;

        bool exists() const { return memory.size() > 0; }
    };

    // Where the two bits of a row are in its chunk.
    struct Place {
        std::uint32_t byte;
        std::uint32_t shift;
    };

    Place place_of(ledger::TransferRow row) const {
        const std::uint32_t in_chunk = row.value % rows_per_chunk_;
        return {.byte = in_chunk / rows_per_byte, .shift = in_chunk % rows_per_byte * 2};
    }

    // Zero stands for `pending`, so that a chunk begins as zeros.
    static ledger::PendingStatus status_of(std::uint32_t bits) {
        static_assert(static_cast<std::uint32_t>(ledger::PendingStatus::pending) == 1);
        static_assert(static_cast<std::uint32_t>(ledger::PendingStatus::expired) == 4);
        return static_cast<ledger::PendingStatus>(bits + 1);
    }

    std::uint32_t chunk_size_;
    std::uint32_t rows_per_chunk_;
    std::vector<Chunk> chunks_;
};

}  // namespace elytra::engine
