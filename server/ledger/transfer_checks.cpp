#include "server/ledger/transfer_checks.hpp"

#include <algorithm>

namespace elytra::ledger {

using wire::Account;
using wire::Transfer;
using Status = wire::CreateTransferStatus;
namespace flags = wire::transfer_flags;

namespace {

bool sum_overflows(u128 left, u128 right) { return left > u128_max - right; }

u128 subtract_to_zero(u128 from, u128 amount) { return from > amount ? from - amount : 0; }

bool has(const Account& account, std::uint16_t flag) { return (account.flags & flag) != 0; }

// A resolution may repeat a field of what it refers to, or leave it zero.
template <class T>
bool differs_unless_zero(T value, T expected) {
    return value != 0 && value != expected;
}

// A zero of the event was replaced by the pending transfer's value when it was stored.
template <class T>
T or_inherited(T value, T inherited) {
    return value != 0 ? value : inherited;
}

// Void with 0 and post with the maximum stand for the whole pending amount.
u128 resolution_amount(const Transfer& event, const Transfer& pending) {
    const u128 whole = has_any(event, flags::void_pending_transfer) ? 0 : u128_max;
    return event.amount == whole ? pending.amount : event.amount;
}

}  // namespace

Status judge_transfer_id(const Transfer& event) {
    if (has_any(event, flags::reserved)) return Status::reserved_flag;
    if (event.id == 0) return Status::id_must_not_be_zero;
    if (event.id == u128_max) return Status::id_must_not_be_int_max;
    return Status::created;
}

Status judge_movement_fields(const Transfer& event) {
    if (event.debit_account_id == 0) return Status::debit_account_id_must_not_be_zero;
    if (event.debit_account_id == u128_max) return Status::debit_account_id_must_not_be_int_max;
    if (event.credit_account_id == 0) return Status::credit_account_id_must_not_be_zero;
    if (event.credit_account_id == u128_max) return Status::credit_account_id_must_not_be_int_max;
    if (event.debit_account_id == event.credit_account_id) {
        return Status::accounts_must_be_different;
    }
    if (event.pending_id != 0) return Status::pending_id_must_be_zero;
    if (!has_any(event, flags::pending)) {
        if (event.timeout != 0) return Status::timeout_reserved_for_pending_transfer;
        if (has_any(event, flags::closing_debit | flags::closing_credit)) {
            return Status::closing_transfer_must_be_pending;
        }
    }
    if (event.ledger == 0) return Status::ledger_must_not_be_zero;
    if (event.code == 0) return Status::code_must_not_be_zero;
    return Status::created;
}

Status judge_ledgers(const Transfer& event, const Accounts& accounts) {
    if (accounts.debit.ledger != accounts.credit.ledger) {
        return Status::accounts_must_have_the_same_ledger;
    }
    if (event.ledger != accounts.debit.ledger) {
        return Status::transfer_must_have_the_same_ledger_as_accounts;
    }
    return Status::created;
}

Status judge_import(const Transfer& event, const Accounts& accounts) {
    if (event.timestamp <= accounts.debit.timestamp) {
        return Status::imported_event_timestamp_must_postdate_debit_account;
    }
    if (event.timestamp <= accounts.credit.timestamp) {
        return Status::imported_event_timestamp_must_postdate_credit_account;
    }
    if (event.timeout != 0) return Status::imported_event_timeout_must_be_zero;
    return Status::created;
}

Status judge_closed(const Accounts& accounts) {
    if (has(accounts.debit, wire::account_flags::closed)) {
        return Status::debit_account_already_closed;
    }
    if (has(accounts.credit, wire::account_flags::closed)) {
        return Status::credit_account_already_closed;
    }
    return Status::created;
}

u128 movement_amount(const Transfer& event, const Accounts& accounts) {
    u128 amount = event.amount;
    if (has_any(event, flags::balancing_debit)) {
        const Account& debit = accounts.debit;
        const u128 used = debit.debits_posted + debit.debits_pending;
        amount = std::min(amount, subtract_to_zero(debit.credits_posted, used));
    }
    if (has_any(event, flags::balancing_credit)) {
        const Account& credit = accounts.credit;
        const u128 used = credit.credits_posted + credit.credits_pending;
        amount = std::min(amount, subtract_to_zero(credit.debits_posted, used));
    }
    return amount;
}

// Pending and posted together never overflow, because no transfer that would do that passes here.
Status judge_overflow(const Transfer& movement, const Accounts& accounts) {
    const Account& debit = accounts.debit;
    const Account& credit = accounts.credit;
    const u128 amount = movement.amount;
    if (has_any(movement, flags::pending)) {
        if (sum_overflows(amount, debit.debits_pending)) return Status::overflows_debits_pending;
        if (sum_overflows(amount, credit.credits_pending)) return Status::overflows_credits_pending;
    }
    if (sum_overflows(amount, debit.debits_posted)) return Status::overflows_debits_posted;
    if (sum_overflows(amount, credit.credits_posted)) return Status::overflows_credits_posted;
    if (sum_overflows(amount, debit.debits_pending + debit.debits_posted)) {
        return Status::overflows_debits;
    }
    if (sum_overflows(amount, credit.credits_pending + credit.credits_posted)) {
        return Status::overflows_credits;
    }
    if (expires_at(movement) > wire::timestamp_max) return Status::overflows_timeout;
    return Status::created;
}

Status judge_limits(u128 amount, const Accounts& accounts) {
    const Account& debit = accounts.debit;
    const Account& credit = accounts.credit;
    if (has(debit, wire::account_flags::debits_must_not_exceed_credits) &&
        debit.debits_pending + debit.debits_posted + amount > debit.credits_posted) {
        return Status::exceeds_credits;
    }
    if (has(credit, wire::account_flags::credits_must_not_exceed_debits) &&
        credit.credits_pending + credit.credits_posted + amount > credit.debits_posted) {
        return Status::exceeds_debits;
    }
    return Status::created;
}

Status judge_resolution_fields(const Transfer& event) {
    constexpr std::uint16_t both = flags::post_pending_transfer | flags::void_pending_transfer;
    constexpr std::uint16_t of_movements = flags::pending | flags::balancing_debit |
                                           flags::balancing_credit | flags::closing_debit |
                                           flags::closing_credit;
    if ((event.flags & both) == both || has_any(event, of_movements)) {
        return Status::flags_are_mutually_exclusive;
    }
    if (event.pending_id == 0) return Status::pending_id_must_not_be_zero;
    if (event.pending_id == u128_max) return Status::pending_id_must_not_be_int_max;
    if (event.pending_id == event.id) return Status::pending_id_must_be_different;
    if (event.timeout != 0) return Status::timeout_reserved_for_pending_transfer;
    return Status::created;
}

Status judge_resolution(const Transfer& event, const Transfer& pending) {
    if (!has_any(pending, flags::pending)) return Status::pending_transfer_not_pending;
    if (differs_unless_zero(event.debit_account_id, pending.debit_account_id)) {
        return Status::pending_transfer_has_different_debit_account_id;
    }
    if (differs_unless_zero(event.credit_account_id, pending.credit_account_id)) {
        return Status::pending_transfer_has_different_credit_account_id;
    }
    if (differs_unless_zero(event.ledger, pending.ledger)) {
        return Status::pending_transfer_has_different_ledger;
    }
    if (differs_unless_zero(event.code, pending.code)) {
        return Status::pending_transfer_has_different_code;
    }
    const u128 amount = resolution_amount(event, pending);
    if (amount > pending.amount) return Status::exceeds_pending_transfer_amount;
    if (has_any(event, flags::void_pending_transfer) && amount < pending.amount) {
        return Status::pending_transfer_has_different_amount;
    }
    return Status::created;
}

Transfer complete_resolution(const Transfer& event, const Transfer& pending) {
    Transfer stored = event;
    stored.debit_account_id = pending.debit_account_id;
    stored.credit_account_id = pending.credit_account_id;
    stored.amount = resolution_amount(event, pending);
    stored.user_data_128 = or_inherited(event.user_data_128, pending.user_data_128);
    stored.user_data_64 = or_inherited(event.user_data_64, pending.user_data_64);
    stored.user_data_32 = or_inherited(event.user_data_32, pending.user_data_32);
    stored.timeout = 0;
    stored.ledger = pending.ledger;
    stored.code = pending.code;
    return stored;
}

Status compare_origins(const Transfer& event, const Transfer& stored) {
    if (event.flags != stored.flags) return Status::exists_with_different_flags;
    if (event.pending_id != stored.pending_id) return Status::exists_with_different_pending_id;
    if (event.timeout != stored.timeout) return Status::exists_with_different_timeout;
    return Status::created;
}

Status compare_movements(const Transfer& event, const Transfer& stored) {
    if (event.debit_account_id != stored.debit_account_id) {
        return Status::exists_with_different_debit_account_id;
    }
    if (event.credit_account_id != stored.credit_account_id) {
        return Status::exists_with_different_credit_account_id;
    }
    // A balancing transfer may have got less than it asked for.
    const bool balancing = has_any(event, flags::balancing_debit | flags::balancing_credit);
    const bool same_amount =
        balancing ? event.amount >= stored.amount : event.amount == stored.amount;
    if (!same_amount) return Status::exists_with_different_amount;
    if (event.user_data_128 != stored.user_data_128) {
        return Status::exists_with_different_user_data_128;
    }
    if (event.user_data_64 != stored.user_data_64) {
        return Status::exists_with_different_user_data_64;
    }
    if (event.user_data_32 != stored.user_data_32) {
        return Status::exists_with_different_user_data_32;
    }
    if (event.ledger != stored.ledger) return Status::exists_with_different_ledger;
    if (event.code != stored.code) return Status::exists_with_different_code;
    return Status::exists;
}

Status compare_resolutions(const Transfer& event, const Transfer& stored, const Transfer& pending) {
    if (differs_unless_zero(event.debit_account_id, stored.debit_account_id)) {
        return Status::exists_with_different_debit_account_id;
    }
    if (differs_unless_zero(event.credit_account_id, stored.credit_account_id)) {
        return Status::exists_with_different_credit_account_id;
    }
    if (resolution_amount(event, pending) != stored.amount) {
        return Status::exists_with_different_amount;
    }
    if (or_inherited(event.user_data_128, pending.user_data_128) != stored.user_data_128) {
        return Status::exists_with_different_user_data_128;
    }
    if (or_inherited(event.user_data_64, pending.user_data_64) != stored.user_data_64) {
        return Status::exists_with_different_user_data_64;
    }
    if (or_inherited(event.user_data_32, pending.user_data_32) != stored.user_data_32) {
        return Status::exists_with_different_user_data_32;
    }
    if (differs_unless_zero(event.ledger, stored.ledger)) {
        return Status::exists_with_different_ledger;
    }
    if (differs_unless_zero(event.code, stored.code)) return Status::exists_with_different_code;
    return Status::exists;
}

}  // namespace elytra::ledger
