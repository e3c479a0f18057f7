#include "server/engine/query.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/ledger/filter.hpp"
#include "tests/support/query_world.hpp"

namespace elytra::test {
namespace {

using engine::ExpiryRecord;
using engine::Side;
using engine::TransferRecord;
using ledger::TimeWindow;

constexpr std::uint32_t results_max = 3000;  // of a reply

// ---- the same questions, answered by looking at everything ----

bool in_window(const TimeWindow& window, std::uint64_t timestamp) {
    return timestamp >= window.first && timestamp <= window.last;
}

template <class Filter>
std::uint32_t limit_of(const Filter& filter) {
    return std::min(filter.limit, results_max);
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
    cut_at(found, (filter.flags & flags::reversed) != 0, limit_of(filter));
    return found;
}

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

template <class Object>
void naive_select(std::vector<Object>& results, const wire::QueryFilter& filter,
                  const Object& object) {
    if (!in_window(ledger::time_window(filter), object.timestamp)) return;
    if (ledger::matches(filter, object)) results.push_back(object);
}

std::vector<wire::Transfer> naive_transfers(const QueryWorld& world,
                                            const wire::QueryFilter& filter) {
    std::vector<wire::Transfer> results;
    if (!ledger::filter_valid(filter)) return results;
    for (const TransferRecord& record : world.transfers()) {
        naive_select(results, filter, record.transfer);
    }
    cut_at(results, (filter.flags & wire::query_filter_flags::reversed) != 0, limit_of(filter));
    return results;
}

std::vector<wire::Account> naive_accounts(const QueryWorld& world,
                                          const wire::QueryFilter& filter) {
    std::vector<wire::Account> results;
    if (!ledger::filter_valid(filter)) return results;
    for (std::uint32_t row = 0; row < world.store().accounts().count(); ++row) {
        naive_select(results, filter, world.store().account(ledger::AccountRow{row}));
    }
    cut_at(results, (filter.flags & wire::query_filter_flags::reversed) != 0, limit_of(filter));
    return results;
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
    cut_at(results, false, limit_of(filter));
    return results;
}

// ---- questions ----

std::uint32_t any_limit(Prng& prng) {
    constexpr std::array<std::uint32_t, 7> limits{1, 2, 9, 70, 600, 2500, 1'000'000};
    return prng.chance(1, 30) ? 0 : limits[prng.below(limits.size())];
}

template <class Filter>
void choose_window(QueryWorld& world, Filter& filter) {
    filter.timestamp_min = world.any_timestamp();
    filter.timestamp_max = world.any_timestamp();
    if (filter.timestamp_max != 0 && !world.prng().chance(1, 30)) {
        const auto [min, max] = std::minmax(filter.timestamp_min, filter.timestamp_max);
        filter.timestamp_min = min;
        filter.timestamp_max = max;
    }
    filter.limit = any_limit(world.prng());
}

wire::AccountFilter any_account_filter(QueryWorld& world) {
    Prng& prng = world.prng();
    wire::AccountFilter filter{.account_id = 99 + prng.below(8)};
    if (prng.chance(1, 3)) filter.user_data_128 = world.any_user_data_128();
    if (prng.chance(1, 3)) filter.user_data_64 = world.any_user_data_64();
    if (prng.chance(1, 4)) filter.user_data_32 = world.any_user_data_32();
    if (prng.chance(1, 4)) filter.code = world.any_code();
    filter.flags = static_cast<std::uint32_t>(prng.below(8));
    choose_window(world, filter);
    return filter;
}

wire::QueryFilter any_query_filter(QueryWorld& world) {
    Prng& prng = world.prng();
    wire::QueryFilter filter;
    if (prng.chance(1, 2)) filter.user_data_128 = world.any_user_data_128();
    if (prng.chance(1, 2)) filter.user_data_64 = world.any_user_data_64();
    if (prng.chance(1, 3)) filter.user_data_32 = world.any_user_data_32();
    if (prng.chance(1, 3)) filter.ledger = world.any_ledger();
    if (prng.chance(1, 3)) filter.code = world.any_code();
    filter.flags = static_cast<std::uint32_t>(prng.below(2));
    choose_window(world, filter);
    return filter;
}

wire::ChangeEventsFilter any_events_filter(QueryWorld& world) {
    wire::ChangeEventsFilter filter;
    choose_window(world, filter);
    return filter;
}

template <class Result, class Filter>
bool agrees(QueryWorld& world, std::unique_ptr<engine::Query> query, const Filter& filter,
            const std::vector<Result>& expected) {
    const std::vector<std::byte> found = world.run(*query, sizeof(Result), limit_of(filter));
    const auto expected_bytes = std::as_bytes(std::span(expected));
    return std::ranges::equal(found, expected_bytes);
}

void ask_everything(QueryWorld& world) {
    const wire::AccountFilter account = any_account_filter(world);
    CAPTURE(account.account_id == 99);
    CHECK(agrees(world, engine::get_account_transfers(world.source(), account), account,
                 naive_account_transfers(world, account)));
    CHECK(agrees(world, engine::get_account_balances(world.source(), account), account,
                 naive_account_balances(world, account)));
    const wire::QueryFilter query = any_query_filter(world);
    CHECK(agrees(world, engine::query_transfers(world.source(), query), query,
                 naive_transfers(world, query)));
    CHECK(agrees(world, engine::query_accounts(world.source(), query), query,
                 naive_accounts(world, query)));
    const wire::ChangeEventsFilter events = any_events_filter(world);
    CHECK(agrees(world, engine::get_change_events(world.source(), events), events,
                 naive_change_events(world, events)));
}

TEST_CASE("queries find what a look at every row finds, while runs come and go") {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        QueryWorld world(seed, {});
        for (std::uint32_t generation = 0; generation < 40; ++generation) {
            CAPTURE(generation);
            world.add_generation();
            for (int question = 0; question < 12; ++question) ask_everything(world);
            world.cut();
            for (int question = 0; question < 3; ++question) ask_everything(world);
        }
    }
}

TEST_CASE("queries find everything with a large cache and many reads in flight") {
    for (std::uint64_t seed = 11; seed <= 12; ++seed) {
        CAPTURE(seed);
        QueryWorld world(seed, {.page_size = 8192,
                                .cache_pages = 1024,
                                .reads_max = 64,
                                .accounts = 40,
                                .cut_rows_max = 6000});
        for (std::uint32_t generation = 0; generation < 12; ++generation) {
            world.add_generation();
            for (int question = 0; question < 25; ++question) ask_everything(world);
            world.cut();
        }
    }
}

TEST_CASE("a key may have far more rows than are held at a time") {
    QueryWorld world(3, {.page_size = 8192, .cut_rows_max = 30'000, .wrong_pairs = false});
    for (std::uint32_t row = 0; row < 30'000; ++row) {
        const std::uint16_t code = row % 7 == 0 ? 2 : 1;
        world.add_transfer(
            {.user_data_64 = 1, .ledger = 1, .code = code},
            {.debit = ledger::AccountRow{row % 2}, .credit = ledger::AccountRow{1 - row % 2}});
    }
    world.cut();
    world.flush();
    world.cut();
    for (const std::uint32_t reversed : {0U, 1U}) {
        for (const std::uint16_t code : std::array<std::uint16_t, 3>{0, 1, 2}) {
            const wire::QueryFilter filter{.user_data_64 = 1,
                                           .ledger = 1,
                                           .code = code,
                                           .timestamp_min = 20,
                                           .limit = 1'000'000,
                                           .flags = reversed};
            CHECK(agrees(world, engine::query_transfers(world.source(), filter), filter,
                         naive_transfers(world, filter)));
        }
        const wire::AccountFilter filter{
            .account_id = 100, .code = 2, .limit = 1'000'000, .flags = 3 + 4 * reversed};
        CHECK(agrees(world, engine::get_account_transfers(world.source(), filter), filter,
                     naive_account_transfers(world, filter)));
    }
}

// One of a hundred rows is the account's, so that each is in a page of its own.
struct SparseWorld {
    explicit SparseWorld(const QueryWorldOptions& options) : world(5, options) {
        for (std::uint32_t row = 0; row < 40'000; ++row) {
            const std::uint32_t debit = row % 200 == 0 ? 0 : 1;
            world.add_transfer(
                {.user_data_64 = world.prng().next(), .ledger = 1, .code = world.any_code()},
                {.debit = ledger::AccountRow{debit}, .credit = ledger::AccountRow{2}});
            if (row % 4'000 == 3'999) world.cut();
        }
        world.cut();
        world.flush();
        world.cut();
        world.set_calm();
    }

    QueryWorld world;
};

TEST_CASE("the rows of an account are read many at a time") {
    SparseWorld sparse({.page_size = 8192, .cache_pages = 2048, .reads_max = 64});
    const wire::AccountFilter filter{.account_id = 100, .limit = 1000, .flags = 1};
    CHECK(agrees(sparse.world, engine::get_account_transfers(sparse.world.source(), filter), filter,
                 naive_account_transfers(sparse.world, filter)));
    CHECK(sparse.world.reads() > 80);
    CHECK(sparse.world.waits() <= sparse.world.reads() / 64 + 4);
}

TEST_CASE("reading stops soon after the limit") {
    SparseWorld sparse({.page_size = 8192, .cache_pages = 2048, .reads_max = 64});
    const wire::AccountFilter filter{.account_id = 100, .limit = 5, .flags = 1};
    CHECK(agrees(sparse.world, engine::get_account_transfers(sparse.world.source(), filter), filter,
                 naive_account_transfers(sparse.world, filter)));
    CHECK(sparse.world.reads() <= 3 + 5);
}

TEST_CASE("a predicate that many rows meet costs no more than its rows") {
    SparseWorld sparse({.page_size = 8192, .cache_pages = 2048, .reads_max = 64});
    const wire::AccountFilter filter{.account_id = 100, .code = 2, .limit = 1000, .flags = 1};
    CHECK(agrees(sparse.world, engine::get_account_transfers(sparse.world.source(), filter), filter,
                 naive_account_transfers(sparse.world, filter)));
    CHECK(sparse.world.reads() <= 260);
}

TEST_CASE("a rare value is looked for in its own list") {
    SparseWorld sparse({.page_size = 8192, .cache_pages = 2048, .reads_max = 64});
    const std::uint64_t rare = sparse.world.transfers()[2000].transfer.user_data_64;
    const wire::AccountFilter filter{
        .account_id = 100, .user_data_64 = rare, .limit = 1000, .flags = 1};
    CHECK(agrees(sparse.world, engine::get_account_transfers(sparse.world.source(), filter), filter,
                 naive_account_transfers(sparse.world, filter)));
    CHECK(sparse.world.reads() <= 10 + 10 + 1);  // a page of each run, and the row
}

}  // namespace
}  // namespace elytra::test
