#include "server/ledger/transfer_rules.hpp"

#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/int.hpp"
#include "tests/support/map_store.hpp"

namespace elytra::ledger {
namespace {

using test::MapStore;
using wire::Account;
using wire::Transfer;
using Status = wire::CreateTransferStatus;
namespace flags = wire::transfer_flags;

constexpr std::uint64_t slot = 5'000'000'000;
constexpr std::uint64_t second = 1'000'000'000;

struct Row {
    Status status;
    std::function<void(Transfer&)> repair;
};

// Handles the event once for each row, which then repairs what the row expects to be wrong.
void check_in_order(MapStore& store, Transfer event, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(wire::name_of(row.status));
        const Outcome<Status> outcome = TransferRules::create(store, event, slot);
        CHECK(wire::name_of(outcome.status) == wire::name_of(row.status));
        row.repair(event);
    }
}

// Accounts 1 and 2 on ledger 1, account 3 on ledger 2.
MapStore store_with_accounts() {
    MapStore store;
    store.append_account({.id = 1, .ledger = 1, .code = 1, .timestamp = 10});
    store.append_account({.id = 2, .ledger = 1, .code = 1, .timestamp = 20});
    store.append_account({.id = 3, .ledger = 2, .code = 1, .timestamp = 30});
    return store;
}

Status create(MapStore& store, const Transfer& event, std::uint64_t at = slot) {
    return TransferRules::create(store, event, at).status;
}

const Account& account(const MapStore& store, u128 id) {
    return store.account(*store.find_account(id));
}

TEST_CASE("a movement with every fault names them in order as they are repaired") {
    MapStore store = store_with_accounts();
    const std::vector<Row> rows = {
        {Status::reserved_flag, [](Transfer& event) { event.flags = flags::closing_debit; }},
        {Status::id_must_not_be_zero, [](Transfer& event) { event.id = u128_max; }},
        {Status::id_must_not_be_int_max, [](Transfer& event) { event.id = 1; }},
        {Status::debit_account_id_must_not_be_zero,
         [](Transfer& event) { event.debit_account_id = u128_max; }},
        {Status::debit_account_id_must_not_be_int_max,
         [](Transfer& event) { event.debit_account_id = 8; }},
        {Status::credit_account_id_must_not_be_zero,
         [](Transfer& event) { event.credit_account_id = u128_max; }},
        {Status::credit_account_id_must_not_be_int_max,
         [](Transfer& event) { event.credit_account_id = 8; }},
        {Status::accounts_must_be_different, [](Transfer& event) { event.credit_account_id = 9; }},
        {Status::pending_id_must_be_zero, [](Transfer& event) { event.pending_id = 0; }},
        {Status::timeout_reserved_for_pending_transfer, [](Transfer& event) { event.timeout = 0; }},
        {Status::closing_transfer_must_be_pending, [](Transfer& event) { event.flags = 0; }},
        {Status::ledger_must_not_be_zero, [](Transfer& event) { event.ledger = 3; }},
        {Status::code_must_not_be_zero, [](Transfer& event) { event.code = 1; }},
        {Status::debit_account_not_found, [](Transfer& event) { event.debit_account_id = 1; }},
        {Status::credit_account_not_found, [](Transfer& event) { event.credit_account_id = 3; }},
        {Status::accounts_must_have_the_same_ledger,
         [](Transfer& event) { event.credit_account_id = 2; }},
        {Status::transfer_must_have_the_same_ledger_as_accounts,
         [](Transfer& event) { event.ledger = 1; }},
        {Status::created, [](Transfer&) {}},
    };
    check_in_order(store, {.pending_id = 7, .timeout = 1, .flags = 0xffff}, rows);
}

TEST_CASE("an imported movement is judged by time before the state of its accounts") {
    MapStore store = store_with_accounts();
    store.append_transfer({.id = 99, .timestamp = 5}, {});
    Account closed = account(store, 1);
    closed.flags = wire::account_flags::closed;
    store.update_account(AccountRow{0}, closed);
    const Transfer event{.id = 1,
                         .debit_account_id = 1,
                         .credit_account_id = 2,
                         .timeout = 1,
                         .ledger = 1,
                         .code = 1,
                         .flags = flags::imported | flags::pending,
                         .timestamp = 5};
    const auto at = [](std::uint64_t timestamp) {
        return [timestamp](Transfer& repaired) { repaired.timestamp = timestamp; };
    };
    check_in_order(
        store, event,
        {{Status::imported_event_timestamp_must_not_regress, at(30)},
         {Status::imported_event_timestamp_must_not_regress, at(9)},
         {Status::imported_event_timestamp_must_postdate_debit_account, at(15)},
         {Status::imported_event_timestamp_must_postdate_credit_account, at(40)},
         {Status::imported_event_timeout_must_be_zero, [](Transfer& it) { it.timeout = 0; }},
         {Status::debit_account_already_closed,
          [](Transfer& it) { std::swap(it.debit_account_id, it.credit_account_id); }},
         {Status::credit_account_already_closed, [](Transfer&) {}}});
}

TEST_CASE("sums are tested one by one, pending before posted before both, and then the timeout") {
    struct Balances {
        Status status;
        u128 debits_pending, debits_posted, credits_pending, credits_posted;
    };

    const Balances rows[] = {
        {Status::overflows_debits_pending, u128_max, 0, u128_max, 0},
        {Status::overflows_credits_pending, 0, u128_max, u128_max, 0},
        {Status::overflows_debits_posted, 0, u128_max, 0, u128_max},
        {Status::overflows_credits_posted, u128_max - 1, 1, 0, u128_max},
        {Status::overflows_debits, u128_max - 1, 1, u128_max - 1, 1},
        {Status::overflows_credits, u128_max - 1, 0, u128_max - 1, 1},
        {Status::overflows_timeout, u128_max - 1, 0, u128_max - 1, 0},
    };
    for (const Balances& row : rows) {
        CAPTURE(wire::name_of(row.status));
        MapStore store = store_with_accounts();
        Account debit = account(store, 1);
        debit.debits_pending = row.debits_pending;
        debit.debits_posted = row.debits_posted;
        debit.flags = wire::account_flags::debits_must_not_exceed_credits;
        Account credit = account(store, 2);
        credit.credits_pending = row.credits_pending;
        credit.credits_posted = row.credits_posted;
        store.update_account(AccountRow{0}, debit);
        store.update_account(AccountRow{1}, credit);
        const Transfer event{.id = 1,
                             .debit_account_id = 1,
                             .credit_account_id = 2,
                             .amount = 1,
                             .timeout = 1,
                             .ledger = 1,
                             .code = 1,
                             .flags = flags::pending};
        CHECK(wire::name_of(create(store, event, wire::timestamp_max - second + 1)) ==
              wire::name_of(row.status));
    }
}

TEST_CASE("a limit counts what is pending, and the failure uses the id up only as the batch says") {
    MapStore store = store_with_accounts();
    Account limited = account(store, 1);
    limited.flags = wire::account_flags::debits_must_not_exceed_credits;
    limited.debits_pending = 3;
    limited.debits_posted = 4;
    limited.credits_pending = 100;
    limited.credits_posted = 10;
    store.update_account(AccountRow{0}, limited);
    Transfer event{.id = 1,
                   .debit_account_id = 1,
                   .credit_account_id = 2,
                   .amount = 4,
                   .ledger = 1,
                   .code = 1};
    CHECK(create(store, event) == Status::exceeds_credits);
    CHECK(TransferRules::transient(Status::exceeds_credits));
    CHECK_FALSE(TransferRules::transient(Status::overflows_debits));
    event.amount = 3;
    CHECK(create(store, event) == Status::created);
    event.id = 2;
    event.amount = u128_max;
    event.flags = flags::balancing_debit;
    CHECK(create(store, event) == Status::created);
    CHECK(store.transfer(TransferRow{1}).amount == 0);
}

TEST_CASE("a resolution with every fault names them in order as they are repaired") {
    MapStore store = store_with_accounts();
    const Transfer pending{.id = 50,
                           .debit_account_id = 1,
                           .credit_account_id = 2,
                           .amount = 10,
                           .timeout = 1,
                           .ledger = 1,
                           .code = 1,
                           .flags = flags::pending};
    REQUIRE(create(store, pending, slot - second) == Status::created);
    Transfer plain = pending;
    plain.id = 51;
    plain.timeout = 0;
    plain.flags = 0;
    REQUIRE(create(store, plain, slot - second + 1) == Status::created);
    const std::vector<Row> rows = {
        {Status::flags_are_mutually_exclusive,
         [](Transfer& event) { event.flags = flags::void_pending_transfer; }},
        {Status::pending_id_must_not_be_zero, [](Transfer& event) { event.pending_id = u128_max; }},
        {Status::pending_id_must_not_be_int_max, [](Transfer& event) { event.pending_id = 1; }},
        {Status::pending_id_must_be_different, [](Transfer& event) { event.pending_id = 2; }},
        {Status::timeout_reserved_for_pending_transfer, [](Transfer& event) { event.timeout = 0; }},
        {Status::pending_transfer_not_found, [](Transfer& event) { event.pending_id = 51; }},
        {Status::pending_transfer_not_pending, [](Transfer& event) { event.pending_id = 50; }},
        {Status::pending_transfer_has_different_debit_account_id,
         [](Transfer& event) { event.debit_account_id = 0; }},
        {Status::pending_transfer_has_different_credit_account_id,
         [](Transfer& event) { event.credit_account_id = 2; }},
        {Status::pending_transfer_has_different_ledger, [](Transfer& event) { event.ledger = 0; }},
        {Status::pending_transfer_has_different_code, [](Transfer& event) { event.code = 0; }},
        {Status::exceeds_pending_transfer_amount, [](Transfer& event) { event.amount = 9; }},
        {Status::pending_transfer_has_different_amount, [](Transfer& event) { event.amount = 0; }},
        {Status::pending_transfer_expired, [](Transfer&) {}},
    };
    const Transfer event{.id = 1,
                         .debit_account_id = 2,
                         .credit_account_id = 1,
                         .amount = 11,
                         .timeout = 1,
                         .ledger = 2,
                         .code = 2,
                         .flags = flags::void_pending_transfer | flags::post_pending_transfer};
    check_in_order(store, event, rows);
    Transfer last = event;
    last = {.id = 1, .pending_id = 50, .flags = flags::void_pending_transfer};
    CHECK(create(store, last, slot - 1) == Status::created);
    CHECK(account(store, 1).debits_pending == 0);
    last.id = 2;
    CHECK(create(store, last, slot) == Status::pending_transfer_already_voided);
}

TEST_CASE("a posted part releases the whole reservation") {
    MapStore store = store_with_accounts();
    const Transfer pending{.id = 50,
                           .debit_account_id = 1,
                           .credit_account_id = 2,
                           .amount = 10,
                           .user_data_128 = 5,
                           .user_data_64 = 6,
                           .ledger = 1,
                           .code = 9,
                           .flags = flags::pending};
    REQUIRE(create(store, pending, slot - 1) == Status::created);
    const Transfer post{.id = 51,
                        .amount = 4,
                        .pending_id = 50,
                        .user_data_64 = 7,
                        .flags = flags::post_pending_transfer};
    REQUIRE(create(store, post) == Status::created);
    CHECK(account(store, 1).debits_pending == 0);
    CHECK(account(store, 1).debits_posted == 4);
    CHECK(account(store, 2).credits_pending == 0);
    CHECK(account(store, 2).credits_posted == 4);
    const Transfer& stored = store.transfer(TransferRow{1});
    CHECK(stored.debit_account_id == 1);
    CHECK(stored.credit_account_id == 2);
    CHECK(stored.user_data_128 == 5);
    CHECK(stored.user_data_64 == 7);
    CHECK(stored.code == 9);
    CHECK(create(store, post, slot + 1) == Status::exists);
}

TEST_CASE("an expiry gives back the reservation and opens what its transfer had closed") {
    MapStore store = store_with_accounts();
    const Transfer pending{.id = 50,
                           .debit_account_id = 1,
                           .credit_account_id = 2,
                           .amount = 10,
                           .timeout = 1,
                           .ledger = 1,
                           .code = 1,
                           .flags = flags::pending | flags::closing_credit};
    REQUIRE(create(store, pending, slot) == Status::created);
    CHECK(account(store, 2).flags == wire::account_flags::closed);
    expire(store, TransferRow{0}, slot + second);
    CHECK(account(store, 2).flags == 0);
    CHECK(account(store, 1).debits_pending == 0);
    CHECK(account(store, 2).credits_pending == 0);
    CHECK(store.pending_status(TransferRow{0}) == PendingStatus::expired);
    CHECK(store.expiries.contains(slot + second));
}

}  // namespace
}  // namespace elytra::ledger
