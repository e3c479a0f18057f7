#include "server/engine/memory_store.hpp"

#include "server/common/assert.hpp"
#include "server/ledger/transfer_checks.hpp"

namespace elytra::engine {

using ledger::AccountRow;
using ledger::Parties;
using ledger::PendingStatus;
using ledger::TransferRow;
using wire::Account;
using wire::Transfer;

namespace {

template <class Row>
Table make_table(TableId id, TableKind kind, std::uint32_t chunk_size) {
    return Table({.id = id, .kind = kind, .row_size = sizeof(Row), .chunk_size = chunk_size});
}

// Rows ascend by timestamp.
template <class Row>
std::uint32_t row_from(const Table& table, std::uint64_t timestamp) {
    std::uint32_t low = 0;
    std::uint32_t high = table.row_count();
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (table.row<Row>(middle).timestamp < timestamp) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

template <class Row>
std::uint64_t timestamp_last(const Table& table) {
    if (table.row_count() == 0) return 0;
    return table.row<Row>(table.row_count() - 1).timestamp;
}

NarrowBalances low_halves(const Account& account) {
    return {.debits_pending = low_half(account.debits_pending),
            .debits_posted = low_half(account.debits_posted),
            .credits_pending = low_half(account.credits_pending),
            .credits_posted = low_half(account.credits_posted)};
}

NarrowBalances high_halves(const Account& account) {
    return {.debits_pending = high_half(account.debits_pending),
            .debits_posted = high_half(account.debits_posted),
            .credits_pending = high_half(account.credits_pending),
            .credits_posted = high_half(account.credits_posted)};
}

bool any(const NarrowBalances& balances) {
    return (balances.debits_pending | balances.debits_posted | balances.credits_pending |
            balances.credits_posted) != 0;
}

}  // namespace

MemoryStore::MemoryStore(std::uint32_t chunk_size)
    : scalars_(make_table<ScalarsRow>(TableId::scalars, TableKind::rewritten, chunk_size)),
      accounts_(make_table<Account>(TableId::accounts, TableKind::rewritten, chunk_size)),
      transfers_(make_table<Transfer>(TableId::transfers, TableKind::append_only, chunk_size)),
      transfer_events_(make_table<TransferEventRow>(TableId::transfer_events,
                                                    TableKind::append_only, chunk_size)),
      expiries_(make_table<ExpiryRow>(TableId::expiries, TableKind::append_only, chunk_size)),
      wide_balances_(
          make_table<WideBalancesRow>(TableId::wide_balances, TableKind::append_only, chunk_size)),
      failed_ids_(make_table<u128>(TableId::failed_ids, TableKind::append_only, chunk_size)) {
    scalars_.append(ScalarsRow{});
}

std::optional<AccountRow> MemoryStore::find_account(u128 id) const {
    const std::optional<std::uint32_t> row = account_ids_.find(
        id, [&](std::uint32_t candidate) { return accounts_.row<Account>(candidate).id == id; });
    if (!row.has_value()) return std::nullopt;
    return AccountRow{*row};
}

std::uint64_t MemoryStore::account_timestamp_last() const {
    return timestamp_last<Account>(accounts_);
}

bool MemoryStore::account_at(std::uint64_t timestamp) const {
    const std::uint32_t row = account_from(timestamp);
    return row < account_count() && account(AccountRow{row}).timestamp == timestamp;
}

void MemoryStore::append_account(const Account& account) {
    ELYTRA_ASSERT(account.timestamp > account_timestamp_last());
    const std::uint32_t row = accounts_.append(account);
    account_ids_.insert(account.id, row);
    postings_.emplace_back();
}

void MemoryStore::update_account(AccountRow row, const Account& updated) {
    Account& stored = accounts_.row<Account>(row.value);
    ELYTRA_ASSERT(stored.id == updated.id);
    ELYTRA_ASSERT(stored.timestamp == updated.timestamp);
    if (undo_.open) undo_.account_changes.push_back({.row = row, .account = stored});
    subtract(totals_, stored);
    add(totals_, updated);
    stored = updated;
}

std::optional<std::uint32_t> MemoryStore::find_transfer_or_failed(u128 id) const {
    return transfer_ids_.find(id, [&](std::uint32_t candidate) {
        if ((candidate & failed_bit) != 0) {
            return failed_ids_.row<u128>(candidate & ~failed_bit) == id;
        }
        return transfers_.row<Transfer>(candidate).id == id;
    });
}

ledger::TransferSearch MemoryStore::find_transfer(u128 id) const {
    const std::optional<std::uint32_t> row = find_transfer_or_failed(id);
    if (!row.has_value()) return {};
    if ((*row & failed_bit) != 0) return {.state = ledger::IdState::failed, .row = {}};
    return {.state = ledger::IdState::created, .row = TransferRow{*row}};
}

Parties MemoryStore::parties(TransferRow row) const {
    const EventSides& sides = transfer_event(row);
    return {.debit = AccountRow{sides.debit_account}, .credit = AccountRow{sides.credit_account}};
}

std::uint64_t MemoryStore::transfer_timestamp_last() const {
    return timestamp_last<Transfer>(transfers_);
}

bool MemoryStore::transfer_at(std::uint64_t timestamp) const {
    const std::uint32_t row = transfer_from(timestamp);
    return row < transfer_count() && transfer(TransferRow{row}).timestamp == timestamp;
}

EventSides MemoryStore::record_sides(Parties parties) {
    ELYTRA_ASSERT(totals_.balanced());
    const Account& debit = account(parties.debit);
    const Account& credit = account(parties.credit);
    EventSides sides{.debit_balances = low_halves(debit),
                     .credit_balances = low_halves(credit),
                     .debit_account = parties.debit.value,
                     .credit_account = parties.credit.value,
                     .debit_flags = debit.flags,
                     .credit_flags = credit.flags};
    const WideBalancesRow wide{.debit_balances = high_halves(debit),
                               .credit_balances = high_halves(credit)};
    if (any(wide.debit_balances) || any(wide.credit_balances)) {
        sides.wide_row = wide_balances_.append(wide);
    }
    return sides;
}

TransferRow MemoryStore::append_transfer(const Transfer& transfer, Parties parties) {
    ELYTRA_ASSERT(transfer.timestamp > transfer_timestamp_last());
    const TransferRow row{transfers_.append(transfer)};
    const std::uint32_t event_row =
        transfer_events_.append(TransferEventRow{.sides = record_sides(parties)});
    ELYTRA_ASSERT(event_row == row.value);
    transfer_ids_.insert(transfer.id, row.value);
    pending_statuses_.push_back(PendingStatus::none);
    return row;
}

void MemoryStore::remember_failed(u128 id) {
    ELYTRA_ASSERT_SLOW(!find_transfer_or_failed(id).has_value());
    const std::uint32_t row = failed_ids_.append(id);
    transfer_ids_.insert(id, row | failed_bit);
}

void MemoryStore::set_pending_status(TransferRow row, PendingStatus status) {
    PendingStatus& stored = pending_statuses_[row.value];
    ELYTRA_ASSERT(stored == PendingStatus::none || stored == PendingStatus::pending);
    if (undo_.open) undo_.status_changes.push_back({.row = row, .status = stored});
    stored = status;
}

void MemoryStore::append_expiry(TransferRow row, std::uint64_t timestamp) {
    ELYTRA_ASSERT(!undo_.open);
    ELYTRA_ASSERT(timestamp > timestamp_last<ExpiryRow>(expiries_));
    expiries_.append(ExpiryRow{
        .sides = record_sides(parties(row)), .timestamp = timestamp, .transfer = row.value});
}

void MemoryStore::chain_begin() {
    ELYTRA_ASSERT(!undo_.open);
    undo_.open = true;
    undo_.accounts = account_count();
    undo_.transfers = transfer_count();
    undo_.wide_balances = wide_balances_.row_count();
}

void MemoryStore::chain_end(ledger::ChainEnd end) {
    ELYTRA_ASSERT(undo_.open);
    undo_.open = false;  // what the undoing changes is not recorded again
    if (end == ledger::ChainEnd::undo) undo_chain();
    undo_.account_changes.clear();
    undo_.status_changes.clear();
}

void MemoryStore::undo_chain() {
    while (!undo_.account_changes.empty()) {
        const AccountBefore& before = undo_.account_changes.back();
        update_account(before.row, before.account);
        undo_.account_changes.pop_back();
    }
    while (!undo_.status_changes.empty()) {
        const StatusBefore& before = undo_.status_changes.back();
        pending_statuses_[before.row.value] = before.status;
        undo_.status_changes.pop_back();
    }
    for (std::uint32_t row = transfer_count(); row > undo_.transfers; --row) {
        transfer_ids_.erase(transfer(TransferRow{row - 1}).id, row - 1);
        pending_statuses_.pop_back();
    }
    for (std::uint32_t row = account_count(); row > undo_.accounts; --row) {
        account_ids_.erase(account(AccountRow{row - 1}).id, row - 1);
        postings_.pop_back();
    }
    transfers_.truncate(undo_.transfers);
    transfer_events_.truncate(undo_.transfers);
    wide_balances_.truncate(undo_.wide_balances);
    accounts_.truncate(undo_.accounts);
    ELYTRA_ASSERT(totals_.balanced());
}

void MemoryStore::prefetch(const Account& event) const {
    __builtin_prefetch(account_ids_.home_address(event.id));
}

void MemoryStore::prefetch(const Transfer& event) const {
    __builtin_prefetch(transfer_ids_.home_address(event.id));
    if (ledger::is_resolution(event)) {
        __builtin_prefetch(transfer_ids_.home_address(event.pending_id));
    } else {
        __builtin_prefetch(account_ids_.home_address(event.debit_account_id));
        __builtin_prefetch(account_ids_.home_address(event.credit_account_id));
    }
}

void MemoryStore::prefetch_rows(const Transfer& event) const {
    if (ledger::is_resolution(event)) {
        const std::optional<std::uint32_t> pending = transfer_ids_.guess(event.pending_id);
        if (!pending.has_value() || (*pending & failed_bit) != 0) return;
        transfers_.prefetch(*pending);
        transfer_events_.prefetch(*pending);
        return;
    }
    const std::optional<std::uint32_t> debit = account_ids_.guess(event.debit_account_id);
    const std::optional<std::uint32_t> credit = account_ids_.guess(event.credit_account_id);
    if (debit.has_value()) accounts_.prefetch(*debit);
    if (credit.has_value()) accounts_.prefetch(*credit);
}

void MemoryStore::index_transfers() {
    constexpr std::uint32_t list_distance = 32;
    constexpr std::uint32_t tail_distance = 16;
    const std::uint32_t end = transfer_count();
    for (std::uint32_t row = transfers_indexed_; row < end; ++row) {
        if (row + list_distance < end) {
            const Parties ahead = parties(TransferRow{row + list_distance});
            __builtin_prefetch(&postings_[ahead.debit.value], 1);
            __builtin_prefetch(&postings_[ahead.credit.value], 1);
        }
        if (row + tail_distance < end) {
            const Parties ahead = parties(TransferRow{row + tail_distance});
            postings_[ahead.debit.value].debits.prefetch_tail();
            postings_[ahead.credit.value].credits.prefetch_tail();
        }
        index_transfer(TransferRow{row});
    }
    transfers_indexed_ = end;
}

void MemoryStore::index_transfer(TransferRow row) {
    const Parties sides = parties(row);
    postings_[sides.debit.value].debits.append(row.value);
    postings_[sides.credit.value].credits.append(row.value);
    if (pending_status(row) != PendingStatus::pending) return;
    const Transfer& pending = transfer(row);
    if (pending.timeout == 0) return;
    expiry_queue_.push({.expires_at = ledger::expires_at(pending), .row = row});
}

void MemoryStore::end_operation(std::uint64_t timestamp) {
    ELYTRA_ASSERT(!undo_.open);
    ScalarsRow& scalars = scalars_.row<ScalarsRow>(0);
    ELYTRA_ASSERT(timestamp > scalars.timestamp);
    index_transfers();
    expiry_queue_.drop_dead(
        [&](TransferRow row) { return pending_status(row) == PendingStatus::pending; });
    scalars.timestamp = timestamp;
    scalars.totals = totals_;
}

TransferRow MemoryStore::pop_expiry() {
    const TransferRow row = expiry_queue_.front().row;
    expiry_queue_.pop();
    expiry_queue_.drop_dead(
        [&](TransferRow next) { return pending_status(next) == PendingStatus::pending; });
    return row;
}

std::uint32_t MemoryStore::account_from(std::uint64_t timestamp) const {
    return row_from<Account>(accounts_, timestamp);
}

std::uint32_t MemoryStore::transfer_from(std::uint64_t timestamp) const {
    return row_from<Transfer>(transfers_, timestamp);
}

std::uint32_t MemoryStore::expiry_from(std::uint64_t timestamp) const {
    return row_from<ExpiryRow>(expiries_, timestamp);
}

AccountSnapshot MemoryStore::snapshot(const EventSides& sides, Side side) const {
    const bool debit = side == Side::debit;
    const NarrowBalances& low = debit ? sides.debit_balances : sides.credit_balances;
    NarrowBalances high;
    if (sides.wide_row != wide_none) {
        const WideBalancesRow& wide = wide_balances_.row<WideBalancesRow>(sides.wide_row);
        high = debit ? wide.debit_balances : wide.credit_balances;
    }
    return {.account = AccountRow{debit ? sides.debit_account : sides.credit_account},
            .flags = debit ? sides.debit_flags : sides.credit_flags,
            .debits_pending = make_u128(high.debits_pending, low.debits_pending),
            .debits_posted = make_u128(high.debits_posted, low.debits_posted),
            .credits_pending = make_u128(high.credits_pending, low.credits_pending),
            .credits_posted = make_u128(high.credits_posted, low.credits_posted)};
}

}  // namespace elytra::engine
