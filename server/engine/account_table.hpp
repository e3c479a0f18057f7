#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/prefetch.hpp"
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

    std::uint32_t count() const { return count_; }

    // Rows never move.
    const wire::Account& account(ledger::AccountRow row) const {
        ELYTRA_ASSERT(row.value < count_);
        return *address(row.value);
    }

    std::optional<ledger::AccountRow> find(u128 id) const {
        const std::optional<std::uint32_t> row =
            ids_.find(id, [&](std::uint32_t candidate) { return address(candidate)->id == id; });
        if (!row.has_value()) return std::nullopt;
        return ledger::AccountRow{*row};
    }

    // Requires: a timestamp above all others, an id that is not there.
    void append(const wire::Account& account);

    // Takes back the rows from `count` on, which were appended since the last cut.
    void truncate(std::uint32_t count);

    // Balances and flags; the rest must be the same.
    void update(ledger::AccountRow row, const wire::Account& updated) {
        ELYTRA_ASSERT(row.value < count_);
        wire::Account& stored = *address(row.value);
        ELYTRA_ASSERT(stored.id == updated.id);
        ELYTRA_ASSERT(stored.timestamp == updated.timestamp);
        replace(stored.debits_pending, updated.debits_pending, totals_.debits_pending);
        replace(stored.debits_posted, updated.debits_posted, totals_.debits_posted);
        replace(stored.credits_pending, updated.credits_pending, totals_.credits_pending);
        replace(stored.credits_posted, updated.credits_posted, totals_.credits_posted);
        stored.flags = updated.flags;
        touched_[row.value / word_bits] |= std::uint64_t{1} << row.value % word_bits;
    }

    std::uint64_t timestamp_last() const;  // 0 without accounts

    // The first row whose timestamp is at least `timestamp`; count() when there is none.
    std::uint32_t row_from(std::uint64_t timestamp) const;

    // Hints, as in ledger::Prefetch.
    void prefetch_index(u128 id) const { ids_.prefetch(id); }

    void prefetch_row(u128 id) const {
        const std::optional<std::uint32_t> row = ids_.guess(id);
        if (row.has_value()) prefetch_row(ledger::AccountRow{*row});
    }

    void prefetch_row(ledger::AccountRow row) const {
        if (row.value >= count_) return;
        const wire::Account* const address_of_row = address(row.value);
        elytra::prefetch(address_of_row);
        elytra::prefetch(&address_of_row->timestamp);  // in its other cache line
    }

    const Totals& totals() const { return totals_; }

    // ---- checkpoints ----

    // The images and changes that a checkpoint at this cut has to write; what is held is copied.
    // A chunk of rows is Limits::chunk_size bytes of whole accounts as on the wire.
    struct Image {
        std::uint32_t chunk = 0;
        SectorBuffer bytes;      // as many sectors as `size` needs, with zeros behind it
        std::uint32_t size = 0;  // bytes of accounts
    };

    struct Change {
        ledger::AccountRow account;
        std::uint16_t flags = 0;
        u128 debits_pending = 0;
        u128 debits_posted = 0;
        u128 credits_pending = 0;
        u128 credits_posted = 0;

        bool operator==(const Change&) const = default;
    };

    struct Cut {
        std::vector<Image> images;    // by chunk, ascending
        std::vector<Change> changes;  // of touched accounts whose chunk has no image; by row
    };

    // Cuts are numbered from 1. A chunk gets an image when it has new rows, and at every cut with
    // cut % account_image_cuts == chunk % account_image_cuts.
    Cut cut(std::uint64_t cut_number);

    std::uint32_t rows_per_chunk() const { return row_mask_ + 1; }

    // ---- restoring, into an empty table: images by chunk, then changes by cut, then finish ----

    // Where the chunk's image belongs: as many whole sectors as `rows` accounts need. Requires:
    // 0 < rows <= rows_per_chunk(), and all chunks before have rows_per_chunk().
    std::span<std::byte> restore_image(std::uint32_t chunk, std::uint32_t rows);

    // Only changes that came after the image of their chunk; the cut of the image has them already.
    // False: there is no such account, or its flags cannot have become these.
    [[nodiscard]] bool restore_change(const Change& change);

    // Builds the index. False: ids repeat, timestamps do not ascend, reserved bytes are set, or
    // debits and credits differ.
    [[nodiscard]] bool restore_finish();

    // Leaves the highest bit of a row free for those who store it.
    static constexpr std::uint32_t count_max = 1U << 31;

private:
    static constexpr std::uint32_t word_bits = 64;

    struct Chunk {
        SectorBuffer memory;
        wire::Account* rows = nullptr;
    };

    wire::Account* address(std::uint32_t row) const {
        return chunks_[row >> chunk_shift_].rows + (row & row_mask_);
    }

    // Totals are sums modulo 2^128, so differences may be negative.
    static void replace(u128& stored, u128 updated, u128& total) {
        total += updated - stored;
        stored = updated;
    }

    void add_chunk();
    void copy_image(std::uint32_t chunk, Cut& cut) const;
    void copy_changes(std::uint32_t chunk, Cut& cut) const;
    std::uint32_t rows_in(std::uint32_t chunk) const;
    std::size_t touched_count() const;

    std::uint32_t image_cuts_;
    std::uint32_t chunk_size_;
    std::uint32_t chunk_shift_;  // a row is in chunk row >> chunk_shift_
    std::uint32_t row_mask_;
    std::uint32_t count_ = 0;
    std::uint32_t count_at_cut_ = 0;  // rows of the last cut
    std::vector<Chunk> chunks_;
    std::vector<std::uint64_t> touched_;  // one bit a row: updated since the last cut
    IdIndex ids_;
    Totals totals_;
};

// Changes in few bytes (byte table: README.md). Requires: accounts ascend.
std::vector<std::byte> encode(std::span<const AccountTable::Change> changes);

// Nothing in the bytes is trusted: empty unless they are what encode() writes.
std::optional<std::vector<AccountTable::Change>> decode_changes(std::span<const std::byte> bytes);

}  // namespace elytra::engine
