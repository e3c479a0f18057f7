#include "server/ledger/filter.hpp"

#include <doctest/doctest.h>

#include "server/common/int.hpp"

namespace elytra::ledger {
namespace {

wire::AccountFilter account_filter() {
    return {.account_id = 1, .limit = 1, .flags = wire::account_filter_flags::debits};
}

TEST_CASE("a filter is invalid when any part of it makes no sense") {
    CHECK(filter_valid(account_filter()));
    CHECK(filter_valid(wire::QueryFilter{.limit = 1}));
    CHECK(filter_valid(wire::ChangeEventsFilter{.limit = 1}));
    CHECK_FALSE(filter_valid(wire::QueryFilter{}));
    CHECK_FALSE(filter_valid(wire::QueryFilter{.limit = 1, .flags = 2}));
    CHECK_FALSE(filter_valid(wire::QueryFilter{.reserved = {1}, .limit = 1}));

    wire::AccountFilter filter = account_filter();
    filter.account_id = u128_max;
    CHECK_FALSE(filter_valid(filter));
    filter = account_filter();
    filter.flags = wire::account_filter_flags::reversed;
    CHECK_FALSE(filter_valid(filter));
    filter = account_filter();
    filter.reserved.back() = 1;
    CHECK_FALSE(filter_valid(filter));
}

TEST_CASE("a window may be open, a single instant, and reach the last timestamp") {
    struct Row {
        std::uint64_t min, max;
        bool valid;
    };

    const Row rows[] = {{0, 0, true},
                        {5, 5, true},
                        {5, 4, false},
                        {5, 0, true},
                        {0, wire::timestamp_max, true},
                        {wire::timestamp_max, 0, true},
                        {wire::timestamp_max + 1, 0, false},
                        {0, wire::timestamp_max + 1, false},
                        {0, UINT64_MAX, false}};
    for (const Row& row : rows) {
        CAPTURE(row.min);
        CAPTURE(row.max);
        const wire::ChangeEventsFilter filter{
            .timestamp_min = row.min, .timestamp_max = row.max, .limit = 1};
        CHECK(filter_valid(filter) == row.valid);
    }
    CHECK(time_window(wire::ChangeEventsFilter{}).last == wire::timestamp_max);
}

TEST_CASE("every field that is not zero must match") {
    const wire::Transfer transfer{
        .user_data_128 = 1, .user_data_64 = 2, .user_data_32 = 3, .ledger = 4, .code = 5};
    CHECK(matches(wire::QueryFilter{}, transfer));
    wire::QueryFilter filter{
        .user_data_128 = 1, .user_data_64 = 2, .user_data_32 = 3, .ledger = 4, .code = 5};
    CHECK(matches(filter, transfer));
    filter.ledger = 5;
    CHECK_FALSE(matches(filter, transfer));
    CHECK_FALSE(matches(wire::AccountFilter{.user_data_32 = 4}, transfer));
    CHECK_FALSE(matches(wire::QueryFilter{.code = 1}, wire::Account{.code = 2}));
}

}  // namespace
}  // namespace elytra::ledger
