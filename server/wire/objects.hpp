#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "server/common/int.hpp"

// What the bodies of ledger requests and replies are made of, byte for byte as on the wire.
namespace elytra::wire {

inline constexpr std::uint64_t timestamp_max = INT64_MAX;

// Nanoseconds since the Unix epoch; 0 stands for "none" wherever a timestamp is optional.
constexpr bool timestamp_valid(std::uint64_t timestamp) {
    return timestamp >= 1 && timestamp <= timestamp_max;
}

namespace account_flags {
inline constexpr std::uint16_t linked = 1U << 0;
inline constexpr std::uint16_t debits_must_not_exceed_credits = 1U << 1;
inline constexpr std::uint16_t credits_must_not_exceed_debits = 1U << 2;
inline constexpr std::uint16_t history = 1U << 3;
inline constexpr std::uint16_t imported = 1U << 4;
inline constexpr std::uint16_t closed = 1U << 5;
inline constexpr std::uint16_t reserved = 0xffc0;
}  // namespace account_flags

namespace transfer_flags {
inline constexpr std::uint16_t linked = 1U << 0;
inline constexpr std::uint16_t pending = 1U << 1;
inline constexpr std::uint16_t post_pending_transfer = 1U << 2;
inline constexpr std::uint16_t void_pending_transfer = 1U << 3;
inline constexpr std::uint16_t balancing_debit = 1U << 4;
inline constexpr std::uint16_t balancing_credit = 1U << 5;
inline constexpr std::uint16_t closing_debit = 1U << 6;
inline constexpr std::uint16_t closing_credit = 1U << 7;
inline constexpr std::uint16_t imported = 1U << 8;
inline constexpr std::uint16_t reserved = 0xfe00;
}  // namespace transfer_flags

namespace account_filter_flags {
inline constexpr std::uint32_t debits = 1U << 0;
inline constexpr std::uint32_t credits = 1U << 1;
inline constexpr std::uint32_t reversed = 1U << 2;
inline constexpr std::uint32_t reserved = ~0x7U;
}  // namespace account_filter_flags

namespace query_filter_flags {
inline constexpr std::uint32_t reversed = 1U << 0;
inline constexpr std::uint32_t reserved = ~0x1U;
}  // namespace query_filter_flags

struct Account {
    u128 id = 0;
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;
    u128 user_data_128 = 0;
    std::uint64_t user_data_64 = 0;
    std::uint32_t user_data_32 = 0;
    std::uint32_t reserved = 0;
    std::uint32_t ledger = 0;
    std::uint16_t code = 0;
    std::uint16_t flags = 0;
    std::uint64_t timestamp = 0;

    bool operator==(const Account&) const = default;
};

struct Transfer {
    u128 id = 0;
    u128 debit_account_id = 0;
    u128 credit_account_id = 0;
    u128 amount = 0;
    u128 pending_id = 0;
    u128 user_data_128 = 0;
    std::uint64_t user_data_64 = 0;
    std::uint32_t user_data_32 = 0;
    std::uint32_t timeout = 0;  // seconds
    std::uint32_t ledger = 0;
    std::uint16_t code = 0;
    std::uint16_t flags = 0;
    std::uint64_t timestamp = 0;

    bool operator==(const Transfer&) const = default;
};

// The dense answer to one event; `status` is a CreateAccountStatus or a CreateTransferStatus.
struct CreateResult {
    std::uint64_t timestamp = 0;
    std::uint32_t status = 0;
    std::uint32_t reserved = 0;

    bool operator==(const CreateResult&) const = default;
};

// The sparse answer of older releases: only events that were not created have one.
struct CreateError {
    std::uint32_t index = 0;  // of the event within its batch
    std::uint32_t status = 0;

    bool operator==(const CreateError&) const = default;
};

struct AccountBalance {
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;
    std::uint64_t timestamp = 0;
    std::array<std::uint8_t, 56> reserved{};

    bool operator==(const AccountBalance&) const = default;
};

struct AccountFilter {
    u128 account_id = 0;
    u128 user_data_128 = 0;
    std::uint64_t user_data_64 = 0;
    std::uint32_t user_data_32 = 0;
    std::uint16_t code = 0;
    std::array<std::uint8_t, 58> reserved{};
    std::uint64_t timestamp_min = 0;
    std::uint64_t timestamp_max = 0;
    std::uint32_t limit = 0;
    std::uint32_t flags = 0;
};

struct QueryFilter {
    u128 user_data_128 = 0;
    std::uint64_t user_data_64 = 0;
    std::uint32_t user_data_32 = 0;
    std::uint32_t ledger = 0;
    std::uint16_t code = 0;
    std::array<std::uint8_t, 6> reserved{};
    std::uint64_t timestamp_min = 0;
    std::uint64_t timestamp_max = 0;
    std::uint32_t limit = 0;
    std::uint32_t flags = 0;
};

struct ChangeEventsFilter {
    std::uint64_t timestamp_min = 0;
    std::uint64_t timestamp_max = 0;
    std::uint32_t limit = 0;
    std::array<std::uint8_t, 44> reserved{};
};

// One side of a change event: the account as it was right after the event.
struct ChangeEventAccount {
    u128 id = 0;
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;
    u128 user_data_128 = 0;
    std::uint64_t user_data_64 = 0;
    std::uint32_t user_data_32 = 0;
    std::uint16_t code = 0;
    std::uint16_t flags = 0;

    bool operator==(const ChangeEventAccount&) const = default;
};

struct ChangeEvent {
    u128 transfer_id = 0;
    u128 transfer_amount = 0;
    u128 transfer_pending_id = 0;
    u128 transfer_user_data_128 = 0;
    std::uint64_t transfer_user_data_64 = 0;
    std::uint32_t transfer_user_data_32 = 0;
    std::uint32_t transfer_timeout = 0;
    std::uint16_t transfer_code = 0;
    std::uint16_t transfer_flags = 0;
    std::uint32_t ledger = 0;
    std::uint8_t type = 0;  // ChangeEventType
    std::array<std::uint8_t, 39> reserved{};
    ChangeEventAccount debit_account;
    ChangeEventAccount credit_account;
    std::uint64_t timestamp = 0;
    std::uint64_t transfer_timestamp = 0;
    std::uint64_t debit_account_timestamp = 0;
    std::uint64_t credit_account_timestamp = 0;

    bool operator==(const ChangeEvent&) const = default;
};

template <class T, std::size_t size>
inline constexpr bool wire_layout =
    sizeof(
        T) == size&& std::is_trivially_copyable_v<T>&& std::has_unique_object_representations_v<T>;

static_assert(wire_layout<Account, 128> && wire_layout<Transfer, 128>);
static_assert(wire_layout<CreateResult, 16> && wire_layout<CreateError, 8>);
static_assert(wire_layout<AccountBalance, 128> && wire_layout<AccountFilter, 128>);
static_assert(wire_layout<QueryFilter, 64> && wire_layout<ChangeEventsFilter, 64>);
static_assert(wire_layout<ChangeEventAccount, 112> && wire_layout<ChangeEvent, 384>);

static_assert(offsetof(Account, debits_pending) == 16 && offsetof(Account, debits_posted) == 32);
static_assert(offsetof(Account, credits_pending) == 48 && offsetof(Account, credits_posted) == 64);
static_assert(offsetof(Account, user_data_128) == 80 && offsetof(Account, user_data_64) == 96);
static_assert(offsetof(Account, user_data_32) == 104 && offsetof(Account, reserved) == 108);
static_assert(offsetof(Account, ledger) == 112 && offsetof(Account, code) == 116);
static_assert(offsetof(Account, flags) == 118 && offsetof(Account, timestamp) == 120);
static_assert(offsetof(Transfer, debit_account_id) == 16);
static_assert(offsetof(Transfer, credit_account_id) == 32 && offsetof(Transfer, amount) == 48);
static_assert(offsetof(Transfer, pending_id) == 64 && offsetof(Transfer, user_data_128) == 80);
static_assert(offsetof(Transfer, user_data_64) == 96 && offsetof(Transfer, user_data_32) == 104);
static_assert(offsetof(Transfer, timeout) == 108 && offsetof(Transfer, ledger) == 112);
static_assert(offsetof(Transfer, code) == 116 && offsetof(Transfer, flags) == 118);
static_assert(offsetof(Transfer, timestamp) == 120);
static_assert(offsetof(CreateResult, status) == 8 && offsetof(CreateError, status) == 4);
static_assert(offsetof(AccountBalance, timestamp) == 64);
static_assert(offsetof(AccountFilter, user_data_128) == 16);
static_assert(offsetof(AccountFilter, user_data_64) == 32);
static_assert(offsetof(AccountFilter, user_data_32) == 40 && offsetof(AccountFilter, code) == 44);
static_assert(offsetof(AccountFilter, timestamp_min) == 104);
static_assert(offsetof(AccountFilter, limit) == 120 && offsetof(AccountFilter, flags) == 124);
static_assert(offsetof(QueryFilter, user_data_64) == 16 && offsetof(QueryFilter, ledger) == 28);
static_assert(offsetof(QueryFilter, code) == 32 && offsetof(QueryFilter, timestamp_min) == 40);
static_assert(offsetof(QueryFilter, limit) == 56 && offsetof(QueryFilter, flags) == 60);
static_assert(offsetof(ChangeEventsFilter, limit) == 16);
static_assert(offsetof(ChangeEventAccount, user_data_128) == 80);
static_assert(offsetof(ChangeEventAccount, code) == 108);
static_assert(offsetof(ChangeEventAccount, flags) == 110);
static_assert(offsetof(ChangeEvent, transfer_user_data_128) == 48);
static_assert(offsetof(ChangeEvent, transfer_timeout) == 76 && offsetof(ChangeEvent, ledger) == 84);
static_assert(offsetof(ChangeEvent, type) == 88 && offsetof(ChangeEvent, debit_account) == 128);
static_assert(offsetof(ChangeEvent, credit_account) == 240);
static_assert(offsetof(ChangeEvent, timestamp) == 352);
static_assert(offsetof(ChangeEvent, credit_account_timestamp) == 376);

}  // namespace elytra::wire
