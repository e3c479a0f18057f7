#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "server/ledger/store.hpp"

namespace elytra::test {

// The smallest ledger::Store: rows in vectors, ids in maps, chains undone by a copy of everything.
class MapStore {
public:
    std::optional<ledger::AccountRow> find_account(u128 id) const {
        for (std::uint32_t row = 0; row < state_.accounts.size(); ++row) {
            if (state_.accounts[row].id == id) return ledger::AccountRow{row};
        }
        return std::nullopt;
    }

    const wire::Account& account(ledger::AccountRow row) const {
        return state_.accounts.at(row.value);
    }

    std::uint64_t account_timestamp_last() const {
        return state_.accounts.empty() ? 0 : state_.accounts.back().timestamp;
    }

    bool account_at(std::uint64_t timestamp) const {
        return std::ranges::count(state_.accounts, timestamp, &wire::Account::timestamp) > 0;
    }

    void append_account(const wire::Account& account) { state_.accounts.push_back(account); }

    void update_account(ledger::AccountRow row, const wire::Account& account) {
        state_.accounts.at(row.value) = account;
    }

    ledger::TransferSearch find_transfer(u128 id) const {
        if (failed.contains(id)) return {.state = ledger::IdState::failed, .row = {}};
        for (std::uint32_t row = 0; row < state_.transfers.size(); ++row) {
            if (state_.transfers[row].id != id) continue;
            return {.state = ledger::IdState::created, .row = ledger::TransferRow{row}};
        }
        return {};
    }

    const wire::Transfer& transfer(ledger::TransferRow row) const {
        return state_.transfers.at(row.value);
    }

    ledger::Parties parties(ledger::TransferRow row) const {
        const wire::Transfer& found = transfer(row);
        return {.debit = *find_account(found.debit_account_id),
                .credit = *find_account(found.credit_account_id)};
    }

    std::uint64_t transfer_timestamp_last() const {
        return state_.transfers.empty() ? 0 : state_.transfers.back().timestamp;
    }

    bool transfer_at(std::uint64_t timestamp) const {
        return std::ranges::count(state_.transfers, timestamp, &wire::Transfer::timestamp) > 0;
    }

    ledger::TransferRow append_transfer(const wire::Transfer& transfer, ledger::Parties) {
        state_.transfers.push_back(transfer);
        state_.statuses.push_back(ledger::PendingStatus::none);
        return ledger::TransferRow{static_cast<std::uint32_t>(state_.transfers.size() - 1)};
    }

    void remember_failed(u128 id) { failed.insert(id); }

    ledger::PendingStatus pending_status(ledger::TransferRow row) const {
        return state_.statuses.at(row.value);
    }

    void set_pending_status(ledger::TransferRow row, ledger::PendingStatus status) {
        state_.statuses.at(row.value) = status;
    }

    void append_expiry(ledger::TransferRow row, std::uint64_t timestamp) {
        expiries[timestamp] = row;
    }

    void chain_begin() { before_chain_ = state_; }

    void chain_end(ledger::ChainEnd end) {
        if (end == ledger::ChainEnd::undo) state_ = before_chain_;
    }

    void prefetch(const wire::Account&, ledger::Prefetch) const {}

    void prefetch(const wire::Transfer&, ledger::Prefetch) const {}

    std::set<u128> failed;
    std::map<std::uint64_t, ledger::TransferRow> expiries;  // by timestamp

private:
    struct State {
        std::vector<wire::Account> accounts;
        std::vector<wire::Transfer> transfers;
        std::vector<ledger::PendingStatus> statuses;
    };

    State state_;
    State before_chain_;
};

static_assert(ledger::Store<MapStore>);

}  // namespace elytra::test
