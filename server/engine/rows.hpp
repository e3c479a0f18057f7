#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "server/common/int.hpp"
#include "server/wire/objects.hpp"

// Rows of the tables that exist only inside the server; accounts, transfers and failed ids are
// stored as they are on the wire (byte tables: README.md).
namespace elytra::engine {

inline constexpr std::uint32_t wide_none = UINT32_MAX;

// The low halves of the four balances of one account.
struct NarrowBalances {
    std::uint64_t debits_pending = 0;
    std::uint64_t debits_posted = 0;
    std::uint64_t credits_pending = 0;
    std::uint64_t credits_posted = 0;
};

// What an event left behind on both of its accounts.
struct EventSides {
    NarrowBalances debit_balances;
    NarrowBalances credit_balances;
    std::uint32_t debit_account = 0;  // account rows
    std::uint32_t credit_account = 0;
    std::uint16_t debit_flags = 0;
    std::uint16_t credit_flags = 0;
    std::uint32_t wide_row = wide_none;  // row with the high halves, when one is not zero
};

struct WideBalancesRow {
    NarrowBalances debit_balances;
    NarrowBalances credit_balances;
};

// Row n belongs to transfer n.
struct TransferEventRow {
    EventSides sides;
};

struct ExpiryRow {
    EventSides sides;
    std::uint64_t timestamp = 0;
    std::uint32_t transfer = 0;  // row of the pending transfer
    std::uint32_t reserved = 0;
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

// The only row of its table.
struct ScalarsRow {
    std::uint64_t timestamp = 0;  // of the last operation
    std::uint64_t reserved = 0;
    Totals totals;
};

static_assert(sizeof(TransferEventRow) == 80 && sizeof(ExpiryRow) == 96);
static_assert(sizeof(WideBalancesRow) == 64 && sizeof(ScalarsRow) == 80);
static_assert(offsetof(EventSides, debit_account) == 64 && offsetof(EventSides, debit_flags) == 72);
static_assert(offsetof(EventSides, wide_row) == 76 && offsetof(ExpiryRow, timestamp) == 80);
static_assert(std::has_unique_object_representations_v<ExpiryRow>);
static_assert(std::has_unique_object_representations_v<WideBalancesRow>);
static_assert(std::has_unique_object_representations_v<ScalarsRow>);

}  // namespace elytra::engine
