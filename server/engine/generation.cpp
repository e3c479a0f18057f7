#include "server/engine/generation.hpp"

#include <algorithm>

namespace elytra::engine {

using ledger::Parties;
using ledger::TransferRow;
using wire::Account;

namespace {

Generation::Balances low_halves(const Account& account) {
    return {.debits_pending = low_half(account.debits_pending),
            .debits_posted = low_half(account.debits_posted),
            .credits_pending = low_half(account.credits_pending),
            .credits_posted = low_half(account.credits_posted)};
}

Generation::Balances high_halves(const Account& account) {
    return {.debits_pending = high_half(account.debits_pending),
            .debits_posted = high_half(account.debits_posted),
            .credits_pending = high_half(account.credits_pending),
            .credits_posted = high_half(account.credits_posted)};
}

bool any(const Generation::Balances& balances) {
    return (balances.debits_pending | balances.debits_posted | balances.credits_pending |
            balances.credits_posted) != 0;
}

}  // namespace

// The memory is reserved at once, so that rows never move, but touched only as rows come.
Generation::Generation(const Limits& limits) {
    // A cut comes after the first operation that has passed the limit.
    const std::size_t rows_max = limits.cut_rows + limits.message_size_max / sizeof(wire::Transfer);
    transfers_.reserve(rows_max);
    parties_.reserve(rows_max);
    sides_.reserve(rows_max);
}

void Generation::start(const Start& start) {
    start_ = start;
    transfers_.clear();
    parties_.clear();
    sides_.clear();
    expiries_.clear();
    wide_.clear();
    failed_ids_.clear();
    id_max_ = 0;
    ids_.clear();
}

Generation::Start Generation::end() const {
    return {.transfers = start_.transfers + narrow<std::uint32_t>(transfers_.size()),
            .expiries = start_.expiries + expiry_count(),
            .failed_ids = start_.failed_ids + narrow<std::uint32_t>(failed_ids_.size())};
}

Generation::Sides Generation::sides_of(const Account& debit, const Account& credit) {
    Sides sides{.debit = low_halves(debit),
                .credit = low_halves(credit),
                .debit_flags = debit.flags,
                .credit_flags = credit.flags};
    const WideBalances wide{.debit = high_halves(debit), .credit = high_halves(credit)};
    if (any(wide.debit) || any(wide.credit)) {
        sides.wide = narrow<std::uint32_t>(wide_.size());
        wide_.push_back(wide);
    }
    return sides;
}

AccountSnapshot Generation::snapshot(const Sides& sides, Parties parties, Side side) const {
    const bool debit = side == Side::debit;
    const Balances& low = debit ? sides.debit : sides.credit;
    Balances high;
    if (sides.wide != UINT32_MAX) {
        high = debit ? wide_[sides.wide].debit : wide_[sides.wide].credit;
    }
    return {.account = debit ? parties.debit : parties.credit,
            .flags = debit ? sides.debit_flags : sides.credit_flags,
            .debits_pending = make_u128(high.debits_pending, low.debits_pending),
            .debits_posted = make_u128(high.debits_posted, low.debits_posted),
            .credits_pending = make_u128(high.credits_pending, low.credits_pending),
            .credits_posted = make_u128(high.credits_posted, low.credits_posted)};
}

TransferRecord Generation::record(TransferRow row) const {
    const Sides& sides = sides_[row.value - start_.transfers];
    return {.transfer = transfer(row),
            .debit = snapshot(sides, parties(row), Side::debit),
            .credit = snapshot(sides, parties(row), Side::credit)};
}

TransferRow Generation::append_transfer(const wire::Transfer& transfer, Parties parties,
                                        const Account& debit, const Account& credit) {
    ELYTRA_ASSERT(transfers_.size() < transfers_.capacity());
    const auto position = static_cast<std::uint32_t>(transfers_.size());
    transfers_.push_back(transfer);
    parties_.push_back(parties);
    sides_.push_back(sides_of(debit, credit));
    id_max_ = std::max(id_max_, transfer.id);
    ids_.insert(transfer.id, position);
    return TransferRow{start_.transfers + position};
}

void Generation::truncate_transfers(TransferRow row) {
    while (start_.transfers + transfers_.size() > row.value) {
        if (sides_.back().wide != UINT32_MAX) wide_.pop_back();
        const auto position = static_cast<std::uint32_t>(transfers_.size() - 1);
        ids_.erase(transfers_.back().id, position);
        transfers_.pop_back();
        parties_.pop_back();
        sides_.pop_back();
    }
}

void Generation::append_expiry(TransferRow row, std::uint64_t timestamp, Parties parties,
                               const Account& debit, const Account& credit) {
    ELYTRA_ASSERT(expiries_.empty() || timestamp > expiries_.back().timestamp);
    expiries_.push_back({.sides = sides_of(debit, credit),
                         .parties = parties,
                         .timestamp = timestamp,
                         .transfer = row});
}

ExpiryRecord Generation::expiry(std::uint32_t position) const {
    const Expiry& expiry = expiries_[position];
    return {.timestamp = expiry.timestamp,
            .transfer = expiry.transfer,
            .debit = snapshot(expiry.sides, expiry.parties, Side::debit),
            .credit = snapshot(expiry.sides, expiry.parties, Side::credit)};
}

void Generation::append_failed_id(u128 id) {
    const auto position = narrow<std::uint32_t>(failed_ids_.size());
    failed_ids_.push_back(id);
    id_max_ = std::max(id_max_, id);
    ids_.insert(id, position | failed_bit);
}

ledger::TransferSearch Generation::find(u128 id) const {
    if (!may_have(id)) return {};
    const std::optional<std::uint32_t> found = ids_.find(id, [&](std::uint32_t candidate) {
        if ((candidate & failed_bit) != 0) return failed_ids_[candidate & ~failed_bit] == id;
        return transfers_[candidate].id == id;
    });
    if (!found.has_value()) return {};
    if ((*found & failed_bit) != 0) return {.state = ledger::IdState::failed, .row = {}};
    return {.state = ledger::IdState::created, .row = TransferRow{start_.transfers + *found}};
}

std::optional<TransferRow> Generation::guess(u128 id) const {
    if (!may_have(id)) return std::nullopt;
    const std::optional<std::uint32_t> position = ids_.guess(id);
    if (!position.has_value() || (*position & failed_bit) != 0) return std::nullopt;
    return TransferRow{start_.transfers + *position};
}

void Generation::prefetch_row(u128 id) const {
    const std::optional<TransferRow> row = guess(id);
    if (!row.has_value()) return;
    const std::uint32_t position = row->value - start_.transfers;
    elytra::prefetch(&transfers_[position]);
    elytra::prefetch(&parties_[position]);
}

}  // namespace elytra::engine
