#include "tests/support/naive_queries.hpp"

#include <algorithm>

#include "server/engine/records.hpp"
#include "server/ledger/filter.hpp"

namespace elytra::test {

using engine::ExpiryRecord;
using engine::Side;
using engine::TransferRecord;
using ledger::TimeWindow;

namespace {

bool in_window(const TimeWindow& window, std::uint64_t timestamp) {
    return timestamp >= window.first && timestamp <= window.last;
}

template <class Result>
void cut_at(std::vector<Result>& results, bool reversed, std::uint32_t limit) {
    if (reversed) std::ranges::reverse(results);
    if (results.size() > limit) results.resize(limit);
}

struct Found {
    const TransferRecord* record = nullptr;
    Side side{};
};

std::vector<Found> naive_found(const QueryWorld& world, const wire::AccountFilter& filter) {
    namespace flags = wire::account_filter_flags;
    std::vector<Found> found;
    if (!ledger::filter_valid(filter)) return found;
    for (const TransferRecord& record : world.transfers()) {
        const wire::Transfer& transfer = record.transfer;
        const bool debit =
            (filter.flags & flags::debits) != 0 && transfer.debit_account_id == filter.account_id;
        const bool credit =
            (filter.flags & flags::credits) != 0 && transfer.credit_account_id == filter.account_id;
        if (!debit && !credit) continue;
        if (!in_window(ledger::time_window(filter), transfer.timestamp)) continue;
        if (!ledger::matches(filter, transfer)) continue;
        found.push_back({.record = &record, .side = debit ? Side::debit : Side::credit});
    }
    cut_at(found, (filter.flags & flags::reversed) != 0, naive_limit(filter.limit));
    return found;
}

template <class Object>
void naive_select(std::vector<Object>& results, const wire::QueryFilter& filter,
                  const Object& object) {
    if (!in_window(ledger::time_window(filter), object.timestamp)) return;
    if (ledger::matches(filter, object)) results.push_back(object);
}

wire::ChangeEventAccount event_account(const wire::Account& account,
                                       const engine::AccountSnapshot& then) {
    return {.id = account.id,
            .debits_pending = then.debits_pending,
            .debits_posted = then.debits_posted,
            .credits_pending = then.credits_pending,
            .credits_posted = then.credits_posted,
            .user_data_128 = account.user_data_128,
            .user_data_64 = account.user_data_64,
            .user_data_32 = account.user_data_32,
            .code = account.code,
            .flags = then.flags};
}

wire::ChangeEvent naive_event(const QueryWorld& world, const wire::Transfer& transfer,
                              const engine::AccountSnapshot& debit,
                              const engine::AccountSnapshot& credit) {
    const wire::Account& debit_account = world.store().account(debit.account);
    const wire::Account& credit_account = world.store().account(credit.account);
    wire::ChangeEvent event{.transfer_id = transfer.id,
                            .transfer_amount = transfer.amount,
                            .transfer_pending_id = transfer.pending_id,
                            .transfer_user_data_128 = transfer.user_data_128,
                            .transfer_user_data_64 = transfer.user_data_64,
                            .transfer_user_data_32 = transfer.user_data_32,
                            .transfer_timeout = transfer.timeout,
                            .transfer_code = transfer.code,
                            .transfer_flags = transfer.flags,
                            .ledger = transfer.ledger,
                            .debit_account = event_account(debit_account, debit),
                            .credit_account = event_account(credit_account, credit),
                            .timestamp = transfer.timestamp,
                            .transfer_timestamp = transfer.timestamp,
                            .debit_account_timestamp = debit_account.timestamp,
                            .credit_account_timestamp = credit_account.timestamp};
    namespace flags = wire::transfer_flags;
    if ((transfer.flags & flags::pending) != 0) event.type = 1;
    if ((transfer.flags & flags::post_pending_transfer) != 0) event.type = 2;
    if ((transfer.flags & flags::void_pending_transfer) != 0) event.type = 3;
    return event;
}

}  // namespace

std::uint32_t naive_limit(std::uint32_t limit) { return std::min(limit, std::uint32_t{3000}); }

std::vector<wire::Transfer> naive_account_transfers(const QueryWorld& world,
                                                    const wire::AccountFilter& filter) {
    std::vector<wire::Transfer> results;
    for (const Found& found : naive_found(world, filter)) results.push_back(found.record->transfer);
    return results;
}

std::vector<wire::AccountBalance> naive_account_balances(const QueryWorld& world,
                                                         const wire::AccountFilter& filter) {
    std::vector<wire::AccountBalance> results;
    const auto row = world.store().find_account(filter.account_id);
    if (!row.has_value()) return results;
    if ((world.store().account(*row).flags & wire::account_flags::history) == 0) return results;
    for (const Found& found : naive_found(world, filter)) {
        const engine::AccountSnapshot& account = found.record->side(found.side);
        results.push_back({.debits_pending = account.debits_pending,
                           .debits_posted = account.debits_posted,
                           .credits_pending = account.credits_pending,
                           .credits_posted = account.credits_posted,
                           .timestamp = found.record->transfer.timestamp});
    }
    return results;
}

std::vector<wire::Transfer> naive_transfers(const QueryWorld& world,
                                            const wire::QueryFilter& filter) {
    std::vector<wire::Transfer> results;
    if (!ledger::filter_valid(filter)) return results;
    for (const TransferRecord& record : world.transfers()) {
        naive_select(results, filter, record.transfer);
    }
    cut_at(results, (filter.flags & wire::query_filter_flags::reversed) != 0,
           naive_limit(filter.limit));
    return results;
}

std::vector<wire::Account> naive_accounts(const QueryWorld& world,
                                          const wire::QueryFilter& filter) {
    std::vector<wire::Account> results;
    if (!ledger::filter_valid(filter)) return results;
    for (std::uint32_t row = 0; row < world.store().accounts().count(); ++row) {
        naive_select(results, filter, world.store().account(ledger::AccountRow{row}));
    }
    cut_at(results, (filter.flags & wire::query_filter_flags::reversed) != 0,
           naive_limit(filter.limit));
    return results;
}

std::vector<wire::ChangeEvent> naive_change_events(const QueryWorld& world,
                                                   const wire::ChangeEventsFilter& filter) {
    std::vector<wire::ChangeEvent> results;
    if (!ledger::filter_valid(filter)) return results;
    const TimeWindow window = ledger::time_window(filter);
    for (const TransferRecord& record : world.transfers()) {
        if (!in_window(window, record.transfer.timestamp)) continue;
        results.push_back(naive_event(world, record.transfer, record.debit, record.credit));
    }
    for (const ExpiryRecord& expiry : world.expiries()) {
        if (!in_window(window, expiry.timestamp)) continue;
        const wire::Transfer& pending = world.transfers()[expiry.transfer.value].transfer;
        results.push_back(naive_event(world, pending, expiry.debit, expiry.credit));
        results.back().type = 4;
        results.back().timestamp = expiry.timestamp;
    }
    // Stable: of two at the same time the transfer comes first.
    std::ranges::stable_sort(results, {}, &wire::ChangeEvent::timestamp);
    cut_at(results, false, naive_limit(filter.limit));
    return results;
}

}  // namespace elytra::test
