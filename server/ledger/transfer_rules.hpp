#pragma once

#include <cstdint>
#include <optional>

#include "server/common/assert.hpp"
#include "server/ledger/batch.hpp"
#include "server/ledger/store.hpp"
#include "server/ledger/transfer_checks.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

namespace elytra::ledger {

// Ends the reservation of a pending transfer: gives the whole amount back on both sides, and opens
// again what the transfer had closed when `reopen` says so.
enum class Reopen : bool { no, yes };

inline void release(const wire::Transfer& pending, Reopen reopen, wire::Account& debit,
                    wire::Account& credit) {
    ELYTRA_ASSERT(debit.debits_pending >= pending.amount);
    ELYTRA_ASSERT(credit.credits_pending >= pending.amount);
    debit.debits_pending -= pending.amount;
    credit.credits_pending -= pending.amount;
    if (reopen == Reopen::no) return;
    constexpr auto open = static_cast<std::uint16_t>(~wire::account_flags::closed);
    if (has_any(pending, wire::transfer_flags::closing_debit)) debit.flags &= open;
    if (has_any(pending, wire::transfer_flags::closing_credit)) credit.flags &= open;
}

// Ends a pending transfer whose time is over. Requires: it is still pending.
template <Store S>
void expire(S& store, TransferRow row, std::uint64_t timestamp) {
    ELYTRA_ASSERT(store.pending_status(row) == PendingStatus::pending);
    const wire::Transfer& pending = store.transfer(row);
    ELYTRA_ASSERT(pending.timeout > 0 && expires_at(pending) <= timestamp);
    const Parties parties = store.parties(row);
    wire::Account debit = store.account(parties.debit);
    wire::Account credit = store.account(parties.credit);
    release(pending, Reopen::yes, debit, credit);
    store.update_account(parties.debit, debit);
    store.update_account(parties.credit, credit);
    store.set_pending_status(row, PendingStatus::expired);
    store.append_expiry(row, timestamp);
}

struct TransferRules {
    using Event = wire::Transfer;
    using Status = wire::CreateTransferStatus;

    static constexpr std::uint16_t linked = wire::transfer_flags::linked;
    static constexpr std::uint16_t imported = wire::transfer_flags::imported;

    static constexpr bool transient(Status status) { return is_transient(status); }

    // Judges the event and, when nothing is wrong, creates the transfer and moves the balances.
    template <Store S>
    static Outcome<Status> create(S& store, const Event& event, std::uint64_t slot) {
        const Status status = judge_transfer_id(event);
        if (status != Status::created) return {status, slot};
        const TransferSearch search = store.find_transfer(event.id);
        if (search.state == IdState::created) return retry(store, event, search.row, slot);
        if (search.state == IdState::failed) return {Status::id_already_failed, slot};
        return is_resolution(event) ? resolve(store, event, slot) : move(store, event, slot);
    }

private:
    template <Store S>
    static Outcome<Status> retry(const S& store, const Event& event, TransferRow row,
                                 std::uint64_t slot) {
        const wire::Transfer& stored = store.transfer(row);
        Status status = compare_origins(event, stored);
        if (status != Status::created) return {status, slot};
        if (is_resolution(event)) {
            const TransferSearch pending = store.find_transfer(stored.pending_id);
            ELYTRA_ASSERT(pending.state == IdState::created);
            status = compare_resolutions(event, stored, store.transfer(pending.row));
        } else {
            status = compare_movements(event, stored);
        }
        return {status, status == Status::exists ? stored.timestamp : slot};
    }

    // What an imported transfer must not collide with: time never runs backwards among transfers,
    // and a timestamp names one object only.
    template <Store S>
    static bool regresses(const S& store, const Event& event) {
        return has_any(event, imported) && (event.timestamp <= store.transfer_timestamp_last() ||
                                            store.account_at(event.timestamp));
    }

    template <Store S>
    static Outcome<Status> move(S& store, const Event& event, std::uint64_t slot) {
        Status status = judge_movement_fields(event);
        if (status != Status::created) return {status, slot};
        const std::optional<AccountRow> debit_row = store.find_account(event.debit_account_id);
        if (!debit_row) return {Status::debit_account_not_found, slot};
        const std::optional<AccountRow> credit_row = store.find_account(event.credit_account_id);
        if (!credit_row) return {Status::credit_account_not_found, slot};

        const Parties parties{.debit = *debit_row, .credit = *credit_row};
        wire::Transfer movement = event;
        if (!has_any(event, imported)) movement.timestamp = slot;
        status = judge_move(store, parties, movement);
        if (status != Status::created) return {status, slot};
        apply_move(store, parties, movement);
        return {Status::created, movement.timestamp};
    }

    // Settles the amount of `movement` on the way.
    template <Store S>
    static Status judge_move(const S& store, Parties parties, wire::Transfer& movement) {
        const Accounts accounts{.debit = store.account(parties.debit),
                                .credit = store.account(parties.credit)};
        Status status = judge_ledgers(movement, accounts);
        if (status != Status::created) return status;
        if (has_any(movement, imported)) {
            if (regresses(store, movement)) {
                return Status::imported_event_timestamp_must_not_regress;
            }
            status = judge_import(movement, accounts);
            if (status != Status::created) return status;
        }
        status = judge_closed(accounts);
        if (status != Status::created) return status;
        movement.amount = movement_amount(movement, accounts);
        status = judge_overflow(movement, accounts);
        if (status != Status::created) return status;
        return judge_limits(movement.amount, accounts);
    }

    template <Store S>
    static void apply_move(S& store, Parties parties, const wire::Transfer& movement) {
        wire::Account debit = store.account(parties.debit);
        wire::Account credit = store.account(parties.credit);
        const bool pending = has_any(movement, wire::transfer_flags::pending);
        if (pending) {
            debit.debits_pending += movement.amount;
            credit.credits_pending += movement.amount;
        } else {
            debit.debits_posted += movement.amount;
            credit.credits_posted += movement.amount;
        }
        if (has_any(movement, wire::transfer_flags::closing_debit)) {
            debit.flags |= wire::account_flags::closed;
        }
        if (has_any(movement, wire::transfer_flags::closing_credit)) {
            credit.flags |= wire::account_flags::closed;
        }
        store.update_account(parties.debit, debit);
        store.update_account(parties.credit, credit);
        const TransferRow row = store.append_transfer(movement, parties);
        if (pending) store.set_pending_status(row, PendingStatus::pending);
    }

    template <Store S>
    static Outcome<Status> resolve(S& store, const Event& event, std::uint64_t slot) {
        Status status = judge_resolution_fields(event);
        if (status != Status::created) return {status, slot};
        const TransferSearch search = store.find_transfer(event.pending_id);
        if (search.state != IdState::created) return {Status::pending_transfer_not_found, slot};
        status = judge_resolve(store, event, search.row, slot);
        if (status != Status::created) return {status, slot};

        wire::Transfer resolution = complete_resolution(event, store.transfer(search.row));
        if (!has_any(event, imported)) resolution.timestamp = slot;
        apply_resolve(store, search.row, resolution);
        return {Status::created, resolution.timestamp};
    }

    template <Store S>
    static Status judge_resolve(const S& store, const Event& event, TransferRow pending_row,
                                std::uint64_t slot) {
        const wire::Transfer& pending = store.transfer(pending_row);
        const Status status = judge_resolution(event, pending);
        if (status != Status::created) return status;
        switch (store.pending_status(pending_row)) {
            case PendingStatus::posted:
                return Status::pending_transfer_already_posted;
            case PendingStatus::voided:
                return Status::pending_transfer_already_voided;
            case PendingStatus::expired:
                return Status::pending_transfer_expired;
            case PendingStatus::pending:
            case PendingStatus::none:
                break;
        }
        // The time is over even when no pulse has released the reservation yet.
        if (pending.timeout > 0 && expires_at(pending) <= slot) {
            return Status::pending_transfer_expired;
        }
        if (regresses(store, event)) return Status::imported_event_timestamp_must_not_regress;
        if (!has_any(event, wire::transfer_flags::post_pending_transfer)) return Status::created;
        const Parties parties = store.parties(pending_row);
        return judge_closed({store.account(parties.debit), store.account(parties.credit)});
    }

    template <Store S>
    static void apply_resolve(S& store, TransferRow pending_row, const wire::Transfer& resolution) {
        ELYTRA_ASSERT(store.pending_status(pending_row) == PendingStatus::pending);
        const Parties parties = store.parties(pending_row);
        wire::Account debit = store.account(parties.debit);
        wire::Account credit = store.account(parties.credit);
        const bool post = has_any(resolution, wire::transfer_flags::post_pending_transfer);
        // What closed an account is never posted, so only a void opens it again.
        release(store.transfer(pending_row), post ? Reopen::no : Reopen::yes, debit, credit);
        if (post) {
            debit.debits_posted += resolution.amount;
            credit.credits_posted += resolution.amount;
        }
        store.update_account(parties.debit, debit);
        store.update_account(parties.credit, credit);
        store.set_pending_status(pending_row, post ? PendingStatus::posted : PendingStatus::voided);
        store.append_transfer(resolution, parties);
    }
};

}  // namespace elytra::ledger
