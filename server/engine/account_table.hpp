#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/engine/id_index.hpp"
#include "server/engine/records.hpp"
#include "server/ledger/store.hpp"
#include "server/wire/objects.hpp"

namespace elytra::engine {

// All accounts, in memory, by row and by id. A checkpoint holds them as images of chunks of rows,
// each written once in Limits::account_image_cuts cuts, and as the changes of every cut since: what
// a cut writes depends on how many accounts were touched, not on how many there are.
class AccountTable {
public:
    explicit AccountTable(const Limits& limits);

    std::uint32_t count() const;

    // Rows never move.
    const wire::Account& account(ledger::AccountRow row) const;

    std::optional<ledger::AccountRow> find(u128 id) const;

    // Requires: a timestamp above all others, an id that is not there.
    void append(const wire::Account& account);

    // Takes back the rows from `count` on, which were appended since the last cut.
    void truncate(std::uint32_t count);

    // Balances and flags; the rest must be the same.
    void update(ledger::AccountRow row, const wire::Account& updated);

    std::uint64_t timestamp_last() const;  // 0 without accounts

    // The first row whose timestamp is at least `timestamp`; count() when there is none.
    std::uint32_t row_from(std::uint64_t timestamp) const;

    // Hints, as in ledger::Prefetch.
    void prefetch_index(u128 id) const;
    void prefetch_row(u128 id) const;
    void prefetch_row(ledger::AccountRow row) const;

    const Totals& totals() const { return totals_; }

    // ---- checkpoints ----

    // The images and changes that a checkpoint at this cut has to write; what is held is copied.
    // A chunk of rows is Limits::chunk_size bytes of whole accounts as on the wire.
    struct Image {
        std::uint32_t chunk = 0;
        SectorBuffer bytes;
        std::uint32_t size = 0;
    };

    struct Change {
        ledger::AccountRow account;
        std::uint16_t flags = 0;
        u128 debits_pending = 0;
        u128 debits_posted = 0;
        u128 credits_pending = 0;
        u128 credits_posted = 0;
    };

    struct Cut {
        std::vector<Image> images;    // by chunk, ascending
        std::vector<Change> changes;  // of touched accounts whose chunk has no image; by row
    };

    // Cuts are numbered from 1. A chunk gets an image when it has new rows, and at every cut with
    // cut % account_image_cuts == chunk % account_image_cuts.
    Cut cut(std::uint64_t cut_number);

    std::uint32_t rows_per_chunk() const;

    // ---- restoring, into an empty table: images by chunk, then changes by cut, then finish ----

    std::span<std::byte> restore_image(std::uint32_t chunk, std::uint32_t rows);
    [[nodiscard]] bool restore_change(const Change& change);

    // Builds the index. False: ids repeat, timestamps do not ascend, reserved bytes are set, or
    // debits and credits differ.
    [[nodiscard]] bool restore_finish();

private:
    // (to be written)
    Totals totals_;
};

// Changes in few bytes: distances of rows, and numbers in as many bytes as they need.
std::vector<std::byte> encode(std::span<const AccountTable::Change> changes);
std::optional<std::vector<AccountTable::Change>> decode_changes(std::span<const std::byte> bytes);

}  // namespace elytra::engine
