#include "server/inspect/account_trail.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::inspect;
using Event = AccountTrail::Event;

namespace {

engine::AccountTable accounts_with(u128 debits_posted) {
    engine::AccountTable accounts(limits_tiny());
    accounts.append({.id = 1, .debits_posted = debits_posted, .timestamp = 1});
    accounts.append({.id = 2, .timestamp = 2});
    return accounts;
}

engine::AccountSnapshot snapshot(u128 debits_posted) {
    return {.account = ledger::AccountRow{0}, .debits_posted = debits_posted};
}

}  // namespace

TEST_CASE("inspect: an account has to be as its newest event left it") {
    AccountTrail trail(2);
    SUBCASE("in order") {
        trail.add(Event::transfer, 10, snapshot(5));
        trail.add(Event::transfer, 20, snapshot(7));
    }
    SUBCASE("backwards") {
        trail.add(Event::transfer, 20, snapshot(7));
        trail.add(Event::transfer, 10, snapshot(5));
    }
    SUBCASE("an expiry comes after a transfer of the same time") {
        trail.add(Event::expiry, 20, snapshot(7));
        trail.add(Event::transfer, 20, snapshot(5));
    }
    CHECK(trail.differences(accounts_with(7)).empty());
    CHECK(trail.differences(accounts_with(5)) == std::vector<std::uint32_t>{0});
}

TEST_CASE("inspect: an account without events has no balances") {
    const AccountTrail trail(2);
    CHECK(trail.differences(accounts_with(0)).empty());
    CHECK(trail.differences(accounts_with(1)) == std::vector<std::uint32_t>{0});
}
