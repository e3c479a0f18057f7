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
    ledger::PendingStatus status(ledger::TransferRow row) const;

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
    // (to be written)
};

}  // namespace elytra::engine
