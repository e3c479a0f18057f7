#include "server/engine/ledger_store.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/common/assert.hpp"
#include "server/ledger/transfer_checks.hpp"

namespace elytra::engine {

using ledger::AccountRow;
using ledger::Parties;
using ledger::PendingStatus;
using ledger::TransferRow;
using wire::Account;
using wire::Transfer;

LedgerStore::LedgerStore(const Limits& limits)
    : accounts_(limits),
      statuses_(limits),
      generations_{Generation(limits), Generation(limits)},
      catalog_(limits.page_size) {}

bool LedgerStore::account_at(std::uint64_t timestamp) const {
    const std::uint32_t row = accounts_.row_from(timestamp);
    return row < accounts_.count() && account(AccountRow{row}).timestamp == timestamp;
}

void LedgerStore::update_account(AccountRow row, const Account& updated) {
    if (undo_.open) undo_.account_changes.push_back({.row = row, .account = account(row)});
    accounts_.update(row, updated);
}

ledger::TransferSearch LedgerStore::find_transfer(u128 id) const {
    ledger::TransferSearch search = active().find(id);
    if (search.state == ledger::IdState::unknown) search = previous().find(id);
    if (search.state == ledger::IdState::unknown) search = working_set_.find(id);
    return search;
}

const Transfer& LedgerStore::transfer(TransferRow row) const {
    if (active().has_transfer(row)) return active().transfer(row);
    if (previous().has_transfer(row)) return previous().transfer(row);
    const TransferRecord* record = working_set_.record(row);
    ELYTRA_ASSERT(record != nullptr);
    return record->transfer;
}

Parties LedgerStore::parties(TransferRow row) const {
    if (active().has_transfer(row)) return active().parties(row);
    if (previous().has_transfer(row)) return previous().parties(row);
    const TransferRecord* record = working_set_.record(row);
    ELYTRA_ASSERT(record != nullptr);
    return record->parties();
}

// Asked for accounts that are imported with a timestamp of their own.
bool LedgerStore::transfer_at(std::uint64_t timestamp) const {
    for (const Generation* generation : generations()) {
        const auto transfers = generation->transfers();
        const auto found = std::ranges::lower_bound(transfers, timestamp, {}, &Transfer::timestamp);
        if (found != transfers.end() && found->timestamp == timestamp) return true;
    }
    return working_set_.has_timestamp(timestamp);
}

TransferRow LedgerStore::append_transfer(const Transfer& transfer, Parties parties) {
    ELYTRA_ASSERT(transfer.timestamp > transfer_timestamp_last_);
    ELYTRA_ASSERT(accounts_.totals().balanced());
    transfer_timestamp_last_ = transfer.timestamp;
    return active().append_transfer(transfer, parties, account(parties.debit),
                                    account(parties.credit));
}

PendingStatus LedgerStore::pending_status(TransferRow row) const {
    if (!ledger::has_any(transfer(row), wire::transfer_flags::pending)) return PendingStatus::none;
    return statuses_.status(row);
}

void LedgerStore::set_pending_status(TransferRow row, PendingStatus status) {
    if (status == PendingStatus::pending) {  // a new transfer: that is what its flag says
        if (transfer(row).timeout != 0) pending_new_.push_back(row);
        return;
    }
    ELYTRA_ASSERT(statuses_.status(row) == PendingStatus::pending);
    if (undo_.open) undo_.status_changes.push_back({.row = row});
    statuses_.set(row, status);
}

void LedgerStore::append_expiry(TransferRow row, std::uint64_t timestamp) {
    ELYTRA_ASSERT(!undo_.open);
    const Parties sides = parties(row);
    active().append_expiry(row, timestamp, sides, account(sides.debit), account(sides.credit));
}

void LedgerStore::chain_begin() {
    ELYTRA_ASSERT(!undo_.open);
    undo_.open = true;
    undo_.accounts = accounts_.count();
    undo_.transfers = transfer_count();
    undo_.transfer_timestamp_last = transfer_timestamp_last_;
}

void LedgerStore::chain_end(ledger::ChainEnd end) {
    ELYTRA_ASSERT(undo_.open);
    undo_.open = false;  // what the undoing changes is not recorded again
    if (end == ledger::ChainEnd::undo) undo_chain();
    undo_.account_changes.clear();
    undo_.status_changes.clear();
}

void LedgerStore::undo_chain() {
    while (!undo_.account_changes.empty()) {
        const AccountBefore& before = undo_.account_changes.back();
        accounts_.update(before.row, before.account);
        undo_.account_changes.pop_back();
    }
    for (const StatusBefore& before : undo_.status_changes) {
        statuses_.set(before.row, PendingStatus::pending);
    }
    active().truncate_transfers(TransferRow{undo_.transfers});
    std::erase_if(pending_new_, [&](TransferRow row) { return row.value >= undo_.transfers; });
    accounts_.truncate(undo_.accounts);
    transfer_timestamp_last_ = undo_.transfer_timestamp_last;
    ELYTRA_ASSERT(accounts_.totals().balanced());
}

void LedgerStore::prefetch(const Account& event, ledger::Prefetch stage) const {
    if (stage == ledger::Prefetch::index) accounts_.prefetch_index(event.id);
}

void LedgerStore::prefetch(const Transfer& event, ledger::Prefetch stage) const {
    if (stage == ledger::Prefetch::index) {
        active().prefetch_index(event.id);
        if (previous().may_have(event.id)) previous().prefetch_index(event.id);
    }
    if (ledger::is_resolution(event)) {
        prefetch_resolution(event, stage);
    } else {
        prefetch_movement(event, stage);
    }
}

void LedgerStore::prefetch_movement(const Transfer& event, ledger::Prefetch stage) const {
    for (const u128 id : {event.debit_account_id, event.credit_account_id}) {
        if (stage == ledger::Prefetch::index) accounts_.prefetch_index(id);
        if (stage == ledger::Prefetch::rows) accounts_.prefetch_row(id);
    }
}

void LedgerStore::prefetch_resolution(const Transfer& event, ledger::Prefetch stage) const {
    for (const Generation* generation : generations()) {
        if (stage == ledger::Prefetch::index) {
            generation->prefetch_index(event.pending_id);
            continue;
        }
        if (stage == ledger::Prefetch::rows) {
            generation->prefetch_row(event.pending_id);
            continue;
        }
        const std::optional<TransferRow> pending = generation->guess(event.pending_id);
        if (!pending.has_value()) continue;
        const Parties sides = generation->parties(*pending);
        accounts_.prefetch_row(sides.debit);
        accounts_.prefetch_row(sides.credit);
    }
}

bool LedgerStore::is_live(TransferRow row) const {
    return statuses_.status(row) == PendingStatus::pending;
}

void LedgerStore::queue_expiries() {
    for (const TransferRow row : pending_new_) {
        expiry_queue_.push({.expires_at = ledger::expires_at(transfer(row)), .row = row});
    }
    pending_new_.clear();
}

void LedgerStore::end_operation(std::uint64_t timestamp) {
    ELYTRA_ASSERT(!undo_.open);
    ELYTRA_ASSERT(timestamp > timestamp_);
    queue_expiries();
    expiry_queue_.drop_dead([&](TransferRow row) { return is_live(row); });
    timestamp_ = timestamp;
    working_set_.clear();
}

TransferRow LedgerStore::pop_expiry() {
    const TransferRow row = expiry_queue_.front().row;
    expiry_queue_.pop();
    expiry_queue_.drop_dead([&](TransferRow next) { return is_live(next); });
    return row;
}

void LedgerStore::cut() {
    ELYTRA_ASSERT(working_set_.empty());
    ELYTRA_ASSERT(catalog_.table(RowTableId::transfers).row_count() == previous().end().transfers);
    const Generation::Start start = active().end();
    active_ ^= 1U;
    active().start(start);
}

void LedgerStore::restore(Catalog catalog) {
    catalog_ = std::move(catalog);
    const Generation::Start start{.transfers = catalog_.table(RowTableId::transfers).row_count(),
                                  .expiries = catalog_.table(RowTableId::expiries).row_count(),
                                  .failed_ids = catalog_.table(RowTableId::failed_ids).row_count()};
    for (Generation& generation : generations_) generation.start(start);
    timestamp_ = catalog_.timestamp;
    transfer_timestamp_last_ = catalog_.transfer_timestamp_last;
    expiry_queue_.clear();
}

void LedgerStore::restore_expiry(const ExpiryQueue::Entry& entry) {
    if (is_live(entry.row)) expiry_queue_.push(entry);
}

}  // namespace elytra::engine
