#include "tests/sim/workload.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "server/common/int.hpp"
#include "server/wire/body.hpp"

namespace elytra::sim {

using wire::Operation;

namespace {

constexpr std::uint32_t ledgers = 2;

template <class T>
void append(std::vector<std::byte>& bytes, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto part = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), part.begin(), part.end());
}

}  // namespace

Workload::Request Workload::next(std::uint32_t body_max) {
    const std::uint32_t fitting = std::min(wire::events_max(Operation::create_transfers, body_max),
                                           wire::events_max(Operation::create_accounts, body_max));
    const std::uint32_t bound = std::min(options_.events_max, fitting);
    // Mostly few events, sometimes as many as fit.
    const std::uint64_t count = percent(5) ? fitting : prng_.below(bound + 1);
    if (!accounts_made_ || percent(8)) {
        accounts_made_ = true;
        return create_accounts(static_cast<std::uint32_t>(count) + 1);
    }
    if (percent(options_.reads_percent)) return read(body_max);
    return create_transfers(static_cast<std::uint32_t>(count));
}

Workload::Request Workload::create_accounts(std::uint32_t count) {
    constexpr std::array operations{Operation::create_accounts, Operation::create_accounts_sparse,
                                    Operation::create_accounts_unbatched};
    Request request{.operation = operations[prng_.below(operations.size())], .events = {}};
    count = std::min(count, 2 * options_.accounts);
    for (std::uint32_t i = 0; i < count; ++i) append(request.events, account());
    return request;
}

Workload::Request Workload::create_transfers(std::uint32_t count) {
    constexpr std::array operations{Operation::create_transfers, Operation::create_transfers_sparse,
                                    Operation::create_transfers_unbatched};
    Request request{.operation = operations[prng_.below(operations.size())], .events = {}};
    for (std::uint32_t i = 0; i < count; ++i) append(request.events, transfer());
    return request;
}

Workload::Request Workload::read(std::uint32_t body_max) {
    constexpr std::array operations{
        Operation::lookup_accounts,       Operation::lookup_transfers,
        Operation::get_account_transfers, Operation::get_account_balances,
        Operation::query_accounts,        Operation::query_transfers,
        Operation::get_change_events,     Operation::noop};
    Request request{.operation = operations[prng_.below(operations.size())], .events = {}};
    switch (request.operation) {
        case Operation::lookup_accounts:
        case Operation::lookup_transfers: {
            const std::uint32_t count =
                std::min(wire::events_max(request.operation, body_max), 20U);
            for (std::uint32_t i = 0; i < count; ++i) {
                const bool accounts = request.operation == Operation::lookup_accounts;
                append(request.events, accounts ? account_id() : transfer_id_known());
            }
            break;
        }
        case Operation::get_account_transfers:
        case Operation::get_account_balances:
            append(request.events, account_filter());
            break;
        case Operation::query_accounts:
        case Operation::query_transfers:
            append(request.events, query_filter());
            break;
        case Operation::get_change_events:
            append(request.events, wire::ChangeEventsFilter{.timestamp_min = time_bound(),
                                                            .timestamp_max = time_bound(),
                                                            .limit = limit()});
            break;
        default:
            break;
    }
    return request;
}

void Workload::set_time(std::uint64_t nanoseconds) {
    if (time_first_ == 0) time_first_ = nanoseconds;
    time_last_ = nanoseconds;
}

std::uint32_t Workload::limit() { return static_cast<std::uint32_t>(1 + prng_.below(40)); }

// Of a filter: mostly none.
std::uint64_t Workload::time_bound() {
    if (!percent(25) || time_last_ <= time_first_) return 0;
    return prng_.between(time_first_, time_last_);
}

wire::AccountFilter Workload::account_filter() {
    wire::AccountFilter filter{.account_id = account_id(),
                               .timestamp_min = time_bound(),
                               .timestamp_max = time_bound(),
                               .limit = limit(),
                               .flags = static_cast<std::uint32_t>(prng_.below(8))};
    if (percent(20)) filter.code = static_cast<std::uint16_t>(1 + prng_.below(3));
    if (percent(20)) filter.user_data_128 = prng_.below(4);
    return filter;
}

wire::QueryFilter Workload::query_filter() {
    wire::QueryFilter filter{.timestamp_min = time_bound(),
                             .timestamp_max = time_bound(),
                             .limit = limit(),
                             .flags = static_cast<std::uint32_t>(prng_.below(2))};
    if (percent(40)) filter.ledger = static_cast<std::uint32_t>(1 + prng_.below(ledgers + 1));
    if (percent(40)) filter.code = static_cast<std::uint16_t>(1 + prng_.below(4));
    if (percent(30)) filter.user_data_128 = prng_.below(5);
    if (percent(30)) filter.user_data_64 = prng_.below(4);
    if (percent(30)) filter.user_data_32 = static_cast<std::uint32_t>(prng_.below(4));
    return filter;
}

u128 Workload::account_id() { return 1 + prng_.below(options_.accounts + 1); }

u128 Workload::transfer_id_known() { return 1'000 + prng_.below(transfers_ + 2); }

u128 Workload::transfer_id() {
    if (percent(options_.invalid_percent)) return transfer_id_known();
    return 1'000 + ++transfers_;
}

wire::Account Workload::account() {
    wire::Account account;
    account.id = account_id();
    account.ledger = static_cast<std::uint32_t>(1 + account.id % ledgers);
    account.code = 1;
    account.user_data_64 = prng_.below(3);
    if (percent(30)) account.flags |= wire::account_flags::history;
    if (percent(10)) account.flags |= wire::account_flags::debits_must_not_exceed_credits;
    if (percent(options_.linked_percent)) account.flags |= wire::account_flags::linked;
    if (percent(options_.invalid_percent)) account.code = 0;
    return account;
}

wire::Transfer Workload::transfer() {
    namespace flags = wire::transfer_flags;
    wire::Transfer transfer;
    transfer.id = transfer_id();
    transfer.debit_account_id = account_id();
    // Mostly of the same ledger.
    transfer.credit_account_id = transfer.debit_account_id > ledgers
                                     ? transfer.debit_account_id - ledgers
                                     : transfer.debit_account_id + ledgers;
    transfer.amount = prng_.below(100);
    transfer.ledger = static_cast<std::uint32_t>(1 + transfer.debit_account_id % ledgers);
    transfer.code = static_cast<std::uint16_t>(1 + prng_.below(3));
    transfer.user_data_128 = prng_.below(4);
    transfer.user_data_64 = prng_.below(3);
    transfer.user_data_32 = static_cast<std::uint32_t>(prng_.below(3));
    if (percent(options_.linked_percent)) transfer.flags |= flags::linked;
    if (percent(options_.invalid_percent)) transfer.credit_account_id = account_id();
    if (!percent(options_.two_phase_percent)) return transfer;
    if (percent(50)) {
        transfer.flags |= flags::pending;
        transfer.timeout = static_cast<std::uint32_t>(prng_.below(options_.timeout_max + 1));
        return transfer;
    }
    const bool post = percent(60);
    transfer.flags |= post ? flags::post_pending_transfer : flags::void_pending_transfer;
    transfer.pending_id = transfer_id_known();
    transfer.debit_account_id = transfer.credit_account_id = 0;
    transfer.ledger = 0;
    transfer.code = 0;
    if (post && percent(50)) transfer.amount = ~u128{0};
    return transfer;
}

}  // namespace elytra::sim
