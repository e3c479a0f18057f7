#include "server/ledger/account_rules.hpp"

#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/int.hpp"
#include "tests/support/map_store.hpp"

namespace elytra::ledger {
namespace {

using test::MapStore;
using wire::Account;
using Status = wire::CreateAccountStatus;
namespace flags = wire::account_flags;

constexpr std::uint64_t slot = 1000;

Account valid_account() { return {.id = 1, .ledger = 1, .code = 1}; }

TEST_CASE("an account with every fault names them in order as they are repaired") {
    struct Row {
        Status status;
        std::function<void(Account&)> repair;
    };

    const std::vector<Row> rows = {
        {Status::reserved_field, [](Account& event) { event.reserved = 0; }},
        {Status::reserved_flag,
         [](Account& event) {
             event.flags =
                 flags::debits_must_not_exceed_credits | flags::credits_must_not_exceed_debits;
         }},
        {Status::id_must_not_be_zero, [](Account& event) { event.id = u128_max; }},
        {Status::id_must_not_be_int_max, [](Account& event) { event.id = 1; }},
        {Status::flags_are_mutually_exclusive, [](Account& event) { event.flags = 0; }},
        {Status::debits_pending_must_be_zero, [](Account& event) { event.debits_pending = 0; }},
        {Status::debits_posted_must_be_zero, [](Account& event) { event.debits_posted = 0; }},
        {Status::credits_pending_must_be_zero, [](Account& event) { event.credits_pending = 0; }},
        {Status::credits_posted_must_be_zero, [](Account& event) { event.credits_posted = 0; }},
        {Status::ledger_must_not_be_zero, [](Account& event) { event.ledger = 1; }},
        {Status::code_must_not_be_zero, [](Account& event) { event.code = 1; }},
        {Status::created, [](Account&) {}},
    };
    MapStore store;
    Account event{.debits_pending = 1,
                  .debits_posted = 1,
                  .credits_pending = 1,
                  .credits_posted = 1,
                  .reserved = 1,
                  .flags = 0xffff};
    for (const Row& row : rows) {
        CAPTURE(wire::name_of(row.status));
        const Outcome<Status> outcome = AccountRules::create(store, event, slot);
        CHECK(wire::name_of(outcome.status) == wire::name_of(row.status));
        CHECK(outcome.timestamp == slot);
        row.repair(event);
    }
    CHECK(store.account(AccountRow{0}).timestamp == slot);
}

TEST_CASE("a retry of an account is compared field by field, against the flags it has now") {
    struct Row {
        Status status;
        std::function<void(Account&)> change;
    };

    const std::vector<Row> rows = {
        {Status::exists_with_different_flags, [](Account& event) { event.flags = flags::history; }},
        {Status::exists_with_different_user_data_128,
         [](Account& event) { event.user_data_128 = 1; }},
        {Status::exists_with_different_user_data_64,
         [](Account& event) { event.user_data_64 = 1; }},
        {Status::exists_with_different_user_data_32,
         [](Account& event) { event.user_data_32 = 1; }},
        {Status::exists_with_different_ledger, [](Account& event) { event.ledger = 2; }},
        {Status::exists_with_different_code, [](Account& event) { event.code = 2; }},
        {Status::exists, [](Account& event) { event.debits_posted = 5; }},
    };
    MapStore store;
    AccountRules::create(store, valid_account(), slot);
    for (const Row& row : rows) {
        CAPTURE(wire::name_of(row.status));
        Account event = valid_account();
        row.change(event);
        const Outcome<Status> outcome = AccountRules::create(store, event, slot + 1);
        CHECK(wire::name_of(outcome.status) == wire::name_of(row.status));
        CHECK(outcome.timestamp == (row.status == Status::exists ? slot : slot + 1));
    }
    Account closed = valid_account();
    closed.flags = flags::closed;
    store.update_account(AccountRow{0}, closed);
    CHECK(AccountRules::create(store, valid_account(), slot).status ==
          Status::exists_with_different_flags);
    CHECK(AccountRules::create(store, closed, slot).status == Status::exists);
}

TEST_CASE("an imported account must be younger than all accounts and collide with no transfer") {
    MapStore store;
    Account first{.id = 1, .ledger = 1, .code = 1, .flags = flags::imported, .timestamp = 10};
    CHECK(AccountRules::create(store, first, slot).timestamp == 10);
    store.append_transfer({.id = 9, .timestamp = 12}, {});

    struct Row {
        std::uint64_t timestamp;
        Status status;
    };

    const Row rows[] = {{9, Status::imported_event_timestamp_must_not_regress},
                        {10, Status::imported_event_timestamp_must_not_regress},
                        {12, Status::imported_event_timestamp_must_not_regress},
                        {11, Status::created}};
    for (const Row& row : rows) {
        CAPTURE(row.timestamp);
        Account event = first;
        event.id = 2;
        event.timestamp = row.timestamp;
        CHECK(AccountRules::create(store, event, slot).status == row.status);
    }
}

}  // namespace
}  // namespace elytra::ledger
