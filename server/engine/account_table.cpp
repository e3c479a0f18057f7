#include "server/engine/account_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "server/wire/bytes.hpp"

namespace elytra::engine {

using ledger::AccountRow;
using wire::Account;

AccountTable::AccountTable(const Limits& limits)
    : image_cuts_(limits.account_image_cuts),
      chunk_size_(limits.chunk_size),
      chunk_shift_(static_cast<std::uint32_t>(std::countr_zero(chunk_size_ / sizeof(Account)))),
      row_mask_((1U << chunk_shift_) - 1) {
    ELYTRA_ASSERT(std::has_single_bit(chunk_size_));
    ELYTRA_ASSERT(chunk_size_ % sector_size == 0);
    ELYTRA_ASSERT(rows_per_chunk() * sizeof(Account) == chunk_size_);
    ELYTRA_ASSERT(image_cuts_ > 0);
    static_assert(sector_size % sizeof(Account) == 0);
}

void AccountTable::add_chunk() {
    ELYTRA_ASSERT(chunks_.size() < count_max >> chunk_shift_);
    Chunk chunk{.memory = SectorBuffer(chunk_size_)};
    chunk.rows = static_cast<Account*>(static_cast<void*>(chunk.memory.bytes().data()));
    chunks_.push_back(std::move(chunk));
    const std::size_t rows = chunks_.size() << chunk_shift_;
    touched_.resize(round_up<std::size_t>(rows, word_bits) / word_bits);
}

void AccountTable::append(const Account& account) {
    ELYTRA_ASSERT(account.timestamp > timestamp_last());
    ELYTRA_ASSERT_SLOW(!find(account.id).has_value());
    if (count_ >> chunk_shift_ == chunks_.size()) add_chunk();
    *address(count_) = account;
    ids_.insert(account.id, count_);
    add(totals_, account);
    ++count_;
}

void AccountTable::truncate(std::uint32_t count) {
    ELYTRA_ASSERT(count <= count_);
    ELYTRA_ASSERT(count >= count_at_cut_);
    while (count_ > count) {
        --count_;
        Account& last = *address(count_);
        ids_.erase(last.id, count_);
        subtract(totals_, last);
        last = Account{};
        touched_[count_ / word_bits] &= ~(std::uint64_t{1} << count_ % word_bits);
    }
}

std::uint64_t AccountTable::timestamp_last() const {
    return count_ == 0 ? 0 : address(count_ - 1)->timestamp;
}

std::uint32_t AccountTable::row_from(std::uint64_t timestamp) const {
    std::uint32_t low = 0;
    std::uint32_t high = count_;
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (address(middle)->timestamp < timestamp) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

std::uint32_t AccountTable::rows_in(std::uint32_t chunk) const {
    return std::min(count_ - (chunk << chunk_shift_), rows_per_chunk());
}

std::size_t AccountTable::touched_count() const {
    std::size_t count = 0;
    for (const std::uint64_t word : touched_)
        count += static_cast<std::size_t>(std::popcount(word));
    return count;
}

AccountTable::Cut AccountTable::cut(std::uint64_t cut_number) {
    ELYTRA_ASSERT(cut_number > 0);
    const bool has_new_rows = count_ > count_at_cut_;
    Cut cut;
    cut.changes.reserve(touched_count());
    for (std::uint32_t chunk = 0; chunk < chunks_.size(); ++chunk) {
        if (count_ <= chunk << chunk_shift_) break;  // its rows were taken back
        const bool is_new = has_new_rows && chunk >= count_at_cut_ >> chunk_shift_;
        const bool is_due = cut_number % image_cuts_ == chunk % image_cuts_;
        if (is_new || is_due) {
            copy_image(chunk, cut);
        } else {
            copy_changes(chunk, cut);
        }
    }
    std::ranges::fill(touched_, 0);
    count_at_cut_ = count_;
    return cut;
}

void AccountTable::copy_image(std::uint32_t chunk, Cut& cut) const {
    const auto size = static_cast<std::uint32_t>(rows_in(chunk) * sizeof(Account));
    Image image{.chunk = chunk, .bytes = SectorBuffer(size), .size = size};
    std::memcpy(image.bytes.bytes().data(), chunks_[chunk].rows, size);
    cut.images.push_back(std::move(image));
}

void AccountTable::copy_changes(std::uint32_t chunk, Cut& cut) const {
    const std::uint32_t row_end = (chunk << chunk_shift_) + rows_in(chunk);
    std::uint32_t row = chunk << chunk_shift_;
    while (row < row_end) {
        const std::uint64_t bits = touched_[row / word_bits] >> row % word_bits;
        if (bits == 0) {
            row = round_down(row, word_bits) + word_bits;
            continue;
        }
        row += static_cast<std::uint32_t>(std::countr_zero(bits));
        if (row >= row_end) return;
        const Account& account = *address(row);
        cut.changes.push_back({.account = AccountRow{row},
                               .flags = account.flags,
                               .debits_pending = account.debits_pending,
                               .debits_posted = account.debits_posted,
                               .credits_pending = account.credits_pending,
                               .credits_posted = account.credits_posted});
        ++row;
    }
}

std::span<std::byte> AccountTable::restore_image(std::uint32_t chunk, std::uint32_t rows) {
    ELYTRA_ASSERT(chunk == chunks_.size());
    ELYTRA_ASSERT(rows > 0 && rows <= rows_per_chunk());
    ELYTRA_ASSERT(count_ == chunk << chunk_shift_);
    add_chunk();
    count_ += rows;
    const std::size_t size = round_up<std::size_t>(rows * sizeof(Account), sector_size);
    return chunks_.back().memory.bytes().first(size);
}

bool AccountTable::restore_change(const Change& change) {
    if (change.account.value >= count_) return false;
    Account& account = *address(change.account.value);
    const auto flags_changed = static_cast<std::uint16_t>(account.flags ^ change.flags);
    if ((flags_changed & ~wire::account_flags::closed) != 0) return false;
    account.flags = change.flags;
    account.debits_pending = change.debits_pending;
    account.debits_posted = change.debits_posted;
    account.credits_pending = change.credits_pending;
    account.credits_posted = change.credits_posted;
    return true;
}

bool AccountTable::restore_finish() {
    std::uint64_t timestamp = 0;
    for (std::uint32_t row = 0; row < count_; ++row) {
        const Account& restored = *address(row);
        if (restored.timestamp <= timestamp || restored.reserved != 0) return false;
        if (find(restored.id).has_value()) return false;
        timestamp = restored.timestamp;
        ids_.insert(restored.id, row);
        add(totals_, restored);
    }
    count_at_cut_ = count_;
    if (!totals_.balanced()) return false;
    if (chunks_.empty()) return true;
    const std::size_t size = (((count_ - 1) & row_mask_) + 1) * sizeof(Account);
    const std::size_t padding = round_up<std::size_t>(size, sector_size) - size;
    return wire::all_zero(chunks_.back().memory.bytes().subspan(size, padding));
}

}  // namespace elytra::engine
