#pragma once

#include <cstdint>

#include "server/common/int.hpp"
#include "server/ledger/store.hpp"
#include "server/wire/objects.hpp"

// What lasts, in the form in which the engine reads it back.
namespace elytra::engine {

enum class Side : std::uint8_t { debit, credit };

// An account as it was right after an event.
struct AccountSnapshot {
    ledger::AccountRow account;
    std::uint16_t flags = 0;
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;

    bool operator==(const AccountSnapshot&) const = default;
};

struct TransferRecord {
    wire::Transfer transfer;
    AccountSnapshot debit;
    AccountSnapshot credit;

    ledger::Parties parties() const { return {.debit = debit.account, .credit = credit.account}; }

    const AccountSnapshot& side(Side which) const { return which == Side::debit ? debit : credit; }
};

// A pending transfer whose time was over.
struct ExpiryRecord {
    std::uint64_t timestamp = 0;
    ledger::TransferRow transfer;
    AccountSnapshot debit;
    AccountSnapshot credit;
};

// Sums over all accounts, modulo 2^128: each pair is equal between two events.
struct Totals {
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;

    bool balanced() const {
        return debits_pending == credits_pending && debits_posted == credits_posted;
    }

    bool operator==(const Totals&) const = default;
};

inline void add(Totals& totals, const wire::Account& account) {
    totals.debits_pending += account.debits_pending;
    totals.debits_posted += account.debits_posted;
    totals.credits_pending += account.credits_pending;
    totals.credits_posted += account.credits_posted;
}

inline void subtract(Totals& totals, const wire::Account& account) {
    totals.debits_pending -= account.debits_pending;
    totals.debits_posted -= account.debits_posted;
    totals.credits_pending -= account.credits_pending;
    totals.credits_posted -= account.credits_posted;
}

}  // namespace elytra::engine
