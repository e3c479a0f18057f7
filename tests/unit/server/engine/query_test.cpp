#include "server/engine/query.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/naive_queries.hpp"
#include "tests/support/query_world.hpp"

namespace elytra::test {
namespace {

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
    const std::vector<std::byte> found =
        world.run(*query, sizeof(Result), naive_limit(filter.limit));
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

TEST_CASE("two predicates that rarely meet are intersected before rows are read") {
    QueryWorld world(6, {.cache_pages = 2048, .reads_max = 64});
    for (std::uint32_t row = 0; row < 40'000; ++row) {
        const std::uint16_t code = row % 19 == 0 ? 2 : 1;
        world.add_transfer({.user_data_128 = world.prng().next_u128(),
                            .user_data_64 = row % 20 == 0 ? 1U : 2U,
                            .ledger = 1,
                            .code = code},
                           {.debit = ledger::AccountRow{0}, .credit = ledger::AccountRow{1}});
        if (row % 4'000 == 3'999) world.cut();
    }
    world.cut();
    world.set_calm();
    const wire::QueryFilter filter{.user_data_64 = 1, .ledger = 1, .code = 2, .limit = 1000};
    CHECK(agrees(world, engine::query_transfers(world.source(), filter), filter,
                 naive_transfers(world, filter)));
    const std::uint64_t results = 40'000 / 380 + 1;
    const std::uint64_t pages_of_lists = 10 * 5;
    CHECK(world.reads() <= results + pages_of_lists);
}

TEST_CASE("one side of an account may be read further ahead than the other") {
    QueryWorld world(7, {.accounts = 60, .cut_rows_max = 4'000});
    for (std::uint32_t row = 0; row < 40'000; ++row) {
        // Of debits the fences let expect half of all rows, of credits what there are.
        const std::uint32_t debit = row % 150 == 0 ? 0 : 1;
        const std::uint32_t credit = row % 150 == 0 ? 50 : row % 45;
        if (debit == credit) continue;
        world.add_transfer({.ledger = 1, .code = 1}, {.debit = ledger::AccountRow{debit},
                                                      .credit = ledger::AccountRow{credit}});
        if (row % 4'000 == 3'999) world.cut();
    }
    for (const std::uint32_t reversed : {0U, 4U}) {
        const wire::AccountFilter filter{.account_id = 100, .limit = 600, .flags = 3 + reversed};
        CHECK(agrees(world, engine::get_account_transfers(world.source(), filter), filter,
                     naive_account_transfers(world, filter)));
    }
}

}  // namespace
}  // namespace elytra::test
