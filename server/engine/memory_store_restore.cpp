#include <vector>

#include "server/common/assert.hpp"
#include "server/engine/memory_store.hpp"
#include "server/ledger/transfer_checks.hpp"

// Restoring: the tables come from outside, so everything that the rest of the code takes for
// granted about them is checked here, while the indexes are built from them.
namespace elytra::engine {

using ledger::AccountRow;
using ledger::PendingStatus;
using ledger::TransferRow;
using wire::Account;
using wire::Transfer;
namespace flags = wire::transfer_flags;

std::array<const Table*, MemoryStore::table_count> MemoryStore::tables() const {
    return {&scalars_,  &accounts_,      &transfers_, &transfer_events_,
            &expiries_, &wide_balances_, &failed_ids_};
}

std::array<Table*, MemoryStore::table_count> MemoryStore::tables() {
    return {&scalars_,  &accounts_,      &transfers_, &transfer_events_,
            &expiries_, &wide_balances_, &failed_ids_};
}

void MemoryStore::restore_begin(std::span<const std::uint32_t> row_counts) {
    ELYTRA_ASSERT(row_counts.size() == table_count);
    const std::array<Table*, table_count> restored = tables();
    for (std::size_t index = 0; index < table_count; ++index) {
        restored[index]->restore(row_counts[index]);
    }
    account_ids_.clear();
    transfer_ids_.clear();
    postings_.clear();
    pending_statuses_.clear();
    expiry_queue_.clear();
    transfers_indexed_ = 0;
    totals_ = {};
    undo_ = {};
}

std::span<std::byte> MemoryStore::restore_chunk(TableId table, std::size_t chunk) {
    for (Table* candidate : tables()) {
        if (candidate->id() == table) return candidate->restore_chunk(chunk);
    }
    ELYTRA_ASSERT(false);
    return {};
}

bool MemoryStore::restore_finish() {
    if (scalars_.row_count() != 1) return false;
    if (!restore_accounts() || !restore_transfers() || !restore_expiries()) return false;
    if (!restore_failed_ids() || !balances_add_up()) return false;
    index_transfers();
    const ScalarsRow& scalars = scalars_.row<ScalarsRow>(0);
    return scalars.totals == totals_ && scalars.timestamp >= account_timestamp_last() &&
           scalars.timestamp >= transfer_timestamp_last();
}

bool MemoryStore::restore_accounts() {
    std::uint64_t timestamp = 0;
    for (std::uint32_t row = 0; row < account_count(); ++row) {
        const Account& restored = account(AccountRow{row});
        if (restored.timestamp <= timestamp || find_account(restored.id).has_value()) return false;
        timestamp = restored.timestamp;
        account_ids_.insert(restored.id, row);
        postings_.emplace_back();
    }
    return true;
}

bool MemoryStore::sides_valid(const EventSides& sides, const Transfer& transfer) const {
    if (sides.debit_account >= account_count() || sides.credit_account >= account_count()) {
        return false;
    }
    if (sides.wide_row != wide_none && sides.wide_row >= wide_balances_.row_count()) return false;
    return account(AccountRow{sides.debit_account}).id == transfer.debit_account_id &&
           account(AccountRow{sides.credit_account}).id == transfer.credit_account_id;
}

bool MemoryStore::restore_transfer(TransferRow row) {
    const Transfer& restored = transfer(row);
    if (find_transfer_or_failed(restored.id).has_value()) return false;
    if (!sides_valid(transfer_event(row), restored)) return false;
    transfer_ids_.insert(restored.id, row.value);
    const bool pending = ledger::has_any(restored, flags::pending);
    pending_statuses_.push_back(pending ? PendingStatus::pending : PendingStatus::none);
    if (!ledger::is_resolution(restored)) return true;

    const ledger::TransferSearch resolved = find_transfer(restored.pending_id);
    if (resolved.state != ledger::IdState::created) return false;
    if (pending_status(resolved.row) != PendingStatus::pending) return false;
    const bool post = ledger::has_any(restored, flags::post_pending_transfer);
    set_pending_status(resolved.row, post ? PendingStatus::posted : PendingStatus::voided);
    return true;
}

bool MemoryStore::restore_transfers() {
    if (transfer_events_.row_count() != transfer_count()) return false;
    std::uint64_t timestamp = 0;
    for (std::uint32_t row = 0; row < transfer_count(); ++row) {
        const std::uint64_t timestamp_next = transfer(TransferRow{row}).timestamp;
        if (timestamp_next <= timestamp || !restore_transfer(TransferRow{row})) return false;
        timestamp = timestamp_next;
    }
    return true;
}

bool MemoryStore::restore_expiries() {
    std::uint64_t timestamp = 0;
    for (std::uint32_t row = 0; row < expiry_count(); ++row) {
        const ExpiryRow& restored = expiry(row);
        if (restored.timestamp <= timestamp || restored.transfer >= transfer_count()) return false;
        timestamp = restored.timestamp;
        const TransferRow expired{restored.transfer};
        if (!sides_valid(restored.sides, transfer(expired))) return false;
        if (pending_status(expired) != PendingStatus::pending) return false;
        set_pending_status(expired, PendingStatus::expired);
    }
    return true;
}

// Every balance must be what the transfers of the account make of it.
bool MemoryStore::balances_add_up() {
    std::vector<Totals> expected(account_count());
    for (std::uint32_t row = 0; row < transfer_count(); ++row) {
        const Transfer& counted = transfer(TransferRow{row});
        const EventSides& sides = transfer_event(TransferRow{row});
        const PendingStatus status = pending_status(TransferRow{row});
        if (status == PendingStatus::pending) {
            expected[sides.debit_account].debits_pending += counted.amount;
            expected[sides.credit_account].credits_pending += counted.amount;
        }
        const bool voids = ledger::has_any(counted, flags::void_pending_transfer);
        if (status == PendingStatus::none && !voids) {
            expected[sides.debit_account].debits_posted += counted.amount;
            expected[sides.credit_account].credits_posted += counted.amount;
        }
    }
    for (std::uint32_t row = 0; row < account_count(); ++row) {
        Totals found;
        add(found, account(AccountRow{row}));
        if (found != expected[row]) return false;
        add(totals_, account(AccountRow{row}));
    }
    return totals_.balanced();
}

bool MemoryStore::restore_failed_ids() {
    for (std::uint32_t row = 0; row < failed_ids_.row_count(); ++row) {
        const u128 id = failed_ids_.row<u128>(row);
        if (find_transfer_or_failed(id).has_value()) return false;
        transfer_ids_.insert(id, row | failed_bit);
    }
    return true;
}

}  // namespace elytra::engine
