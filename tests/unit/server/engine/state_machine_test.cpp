#include "server/engine/state_machine.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/body.hpp"
#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"
#include "tests/support/state_machine_world.hpp"

namespace elytra::engine {
namespace {

using test::Bytes;
using test::LedgerDriver;
using wire::Account;
using wire::Operation;
using wire::Transfer;

constexpr std::uint64_t second = 1'000'000'000;

LedgerDriver::Options small_requests() {
    return {.wall = second, .request_body_max = 128 * 8, .limits = limits_tiny()};
}

void create_accounts(LedgerDriver& driver) {
    driver.execute(Operation::create_accounts,
                   std::vector<Account>{
                       {.id = 1, .ledger = 1, .code = 1, .flags = wire::account_flags::history},
                       {.id = 2, .ledger = 1, .code = 1}});
}

Transfer transfer(u128 id) {
    return {.id = id,
            .debit_account_id = 1,
            .credit_account_id = 2,
            .amount = 1,
            .ledger = 1,
            .code = 1};
}

Transfer pending(u128 id, std::uint32_t timeout) {
    Transfer event = transfer(id);
    event.flags = wire::transfer_flags::pending;
    event.timeout = timeout;
    return event;
}

std::vector<wire::ChangeEvent> change_events_from(LedgerDriver& driver, std::uint64_t timestamp) {
    const auto replies = driver.execute(
        Operation::get_change_events,
        std::vector<wire::ChangeEventsFilter>{{.timestamp_min = timestamp, .limit = 100}});
    return test::objects_of<wire::ChangeEvent>(replies.at(0));
}

TEST_CASE("a pulse expires no more than a request could create and leaves the rest to the next") {
    LedgerDriver driver(small_requests());
    create_accounts(driver);
    for (u128 id = 1; id <= 21; id += 7) {
        std::vector<Transfer> events;
        for (u128 next = id; next < id + 7; ++next) events.push_back(pending(next, 1));
        driver.execute(Operation::create_transfers, events);
    }
    const std::uint64_t created = driver.timestamp();
    driver.advance(5 * second);
    const std::vector<std::uint64_t> pulses = driver.take_pulses();
    REQUIRE(pulses.size() == 3);  // 8, 8 and 5 of the 21
    CHECK(pulses[1] - pulses[0] == 8191);
    CHECK(driver.state_machine().pulse_next() == StateMachine::pulse_never);

    const std::vector<wire::ChangeEvent> events = change_events_from(driver, created + 1);
    REQUIRE(events.size() == 21);
    for (std::size_t index = 0; index < events.size(); ++index) {
        CHECK(events[index].type == 4);
        CHECK(events[index].transfer_id == index + 1);
        CHECK(events[index].debit_account.debits_pending == 20 - index);
    }
    CHECK(events[0].timestamp == pulses[0] - 7);
    CHECK(events[7].timestamp == pulses[0]);
    CHECK(events[20].timestamp == pulses[2]);
}

TEST_CASE("the next pulse is due when the earliest live reservation ends") {
    LedgerDriver driver(small_requests());
    create_accounts(driver);
    driver.execute(Operation::create_transfers,
                   std::vector<Transfer>{pending(1, 9), pending(2, 5)});
    const std::uint64_t timestamp = driver.timestamp();
    CHECK(driver.state_machine().pulse_next() == timestamp + 5 * second);
    driver.execute(
        Operation::create_transfers,
        std::vector<Transfer>{
            {.id = 3, .pending_id = 2, .flags = wire::transfer_flags::void_pending_transfer}});
    CHECK(driver.state_machine().pulse_next() == timestamp - 1 + 9 * second);
    CHECK(driver.restart());
    CHECK(driver.state_machine().pulse_next() == timestamp - 1 + 9 * second);
}

TEST_CASE("a chain that fails takes its pending transfers out of the expiry queue") {
    LedgerDriver driver(small_requests());
    create_accounts(driver);
    Transfer linked = pending(1, 1);
    linked.flags |= wire::transfer_flags::linked;
    Transfer failing = transfer(2);
    failing.debit_account_id = 9;
    driver.execute(Operation::create_transfers, std::vector<Transfer>{linked, failing});
    CHECK(driver.state_machine().pulse_next() == StateMachine::pulse_never);
    driver.execute(Operation::create_transfers, std::vector<Transfer>{pending(1, 1)});
    CHECK(driver.state_machine().pulse_next() == driver.timestamp() + second);
}

TEST_CASE("a chain that fails leaves no row behind") {
    LedgerDriver driver(small_requests());
    create_accounts(driver);
    const LedgerStore& store = driver.state_machine().store();
    const std::uint64_t rows = store.rows_since_cut();
    Transfer huge = transfer(1);
    huge.amount = u128_max;
    huge.flags = wire::transfer_flags::linked;
    driver.execute(Operation::create_transfers, std::vector<Transfer>{huge, transfer(0)});
    driver.execute(Operation::create_accounts,
                   std::vector<Account>{{.id = 7, .ledger = 1, .code = 1, .flags = 1}, {.id = 0}});
    CHECK(store.rows_since_cut() == rows);
    CHECK(store.transfer_count() == 0);
    CHECK(store.accounts().count() == 2);
}

TEST_CASE("control operations let time pass and answer nothing") {
    test::StateMachineWorld world({.limits = limits_tiny()});
    CHECK(world.execute(Operation::register_session, 10, {}).empty());
    CHECK(world.execute(Operation::noop, 11, {}).empty());
    CHECK(world.state_machine().timestamp() == 11);
    CHECK(world.state_machine().timestamp_step(Operation::pulse, {}) == 8190);
    CHECK(world.state_machine().timestamp_step(Operation::noop, {}) == 0);
}

TEST_CASE("an import may be younger than its own slot as long as it is older than its batch") {
    LedgerDriver driver(small_requests());
    driver.set_timestamp_next(1'000);
    const auto imported = [](u128 id, std::uint64_t timestamp) {
        return Account{.id = id,
                       .ledger = 1,
                       .code = 1,
                       .flags = wire::account_flags::imported,
                       .timestamp = timestamp};
    };
    const auto replies = driver.execute(
        Operation::create_accounts,
        std::vector<Account>{imported(1, 999), imported(2, 998), imported(3, 1'000)});
    const auto results = test::objects_of<wire::CreateResult>(replies.at(0));
    CHECK(results[0].timestamp == 999);
    CHECK(wire::name_of(static_cast<wire::CreateAccountStatus>(results[1].status)) ==
          "imported_event_timestamp_must_not_regress");
    CHECK(wire::name_of(static_cast<wire::CreateAccountStatus>(results[2].status)) ==
          "imported_event_timestamp_must_not_advance");
}

TEST_CASE("an imported post ends a reservation and its timeout") {
    LedgerDriver driver({.wall = 100 * second});
    const auto imported = [](Transfer event, std::uint64_t timestamp) {
        event.flags |= wire::transfer_flags::imported;
        event.timestamp = timestamp;
        return event;
    };
    driver.execute(
        Operation::create_accounts,
        std::vector<Account>{{.id = 1, .ledger = 1, .code = 1, .flags = 16, .timestamp = 1},
                             {.id = 2, .ledger = 1, .code = 1, .flags = 16, .timestamp = 2}});
    driver.execute(Operation::create_transfers, std::vector<Transfer>{pending(1, 60)});
    const std::uint64_t reserved_at = driver.timestamp();
    driver.advance(second);
    const Transfer post{.id = 2,
                        .amount = 1,
                        .pending_id = 1,
                        .flags = wire::transfer_flags::post_pending_transfer};
    const auto replies = driver.execute(Operation::create_transfers,
                                        std::vector<Transfer>{imported(post, reserved_at + 1)});
    const auto results = test::objects_of<wire::CreateResult>(replies.at(0));
    CHECK(results[0].status == 0xffffffff);
    CHECK(results[0].timestamp == reserved_at + 1);
    CHECK(driver.state_machine().pulse_next() == StateMachine::pulse_never);
}

// One account moves to the other with each id; of both, what the lookups say.
std::vector<Bytes> lookups(LedgerDriver& driver, u128 id_end) {
    std::vector<u128> ids;
    for (u128 id = 1; id < id_end; ++id) ids.push_back(id);
    std::vector<Bytes> found = driver.execute(Operation::lookup_transfers, ids);
    found.push_back(driver.execute(Operation::lookup_accounts, std::vector<u128>{1, 2}).at(0));
    return found;
}

TEST_CASE("what is only in the page store is found, resolved and expired as if it were in memory") {
    LedgerDriver driver({.wall = second, .limits = limits_tiny()});
    create_accounts(driver);
    std::vector<Transfer> events;
    for (u128 id = 1; id <= 100; ++id) events.push_back(transfer(id));
    events.push_back(pending(101, 3));
    events.push_back(pending(102, 3));
    driver.execute(Operation::create_transfers, events);
    // Two checkpoints later the rows are in neither generation.
    driver.checkpoint();
    driver.execute(Operation::create_transfers, std::vector<Transfer>{transfer(103)});
    driver.checkpoint();
    REQUIRE(driver.state_machine().store().memory_begin().transfers == 102);

    const auto replies = driver.execute(
        Operation::create_transfers,
        std::vector<Transfer>{
            transfer(50),
            {.id = 104, .pending_id = 101, .flags = wire::transfer_flags::void_pending_transfer}});
    const auto results = test::objects_of<wire::CreateResult>(replies.at(0));
    CHECK(wire::name_of(static_cast<wire::CreateTransferStatus>(results[0].status)) == "exists");
    CHECK(results[1].status == 0xffffffff);
    driver.advance(5 * second);
    CHECK(driver.take_pulses().size() == 1);
    const std::vector<Bytes> before = lookups(driver, 105);
    CHECK(test::objects_of<Transfer>(before[0]).size() == 104);
    CHECK(driver.state_machine().page_cache().misses() > 0);
    REQUIRE(driver.restart());
    CHECK(lookups(driver, 105) == before);
}

TEST_CASE("what was not checkpointed is executed again after a restart, with the same cuts") {
    LedgerDriver driver({.wall = second, .limits = limits_tiny(), .seed = 7});
    create_accounts(driver);
    for (u128 id = 1; id <= 300; id += 30) {
        std::vector<Transfer> events;
        for (u128 next = id; next < id + 30; ++next) events.push_back(transfer(next));
        driver.execute(Operation::create_transfers, events);
        REQUIRE(driver.restart());
    }
    CHECK(driver.engine().page_store().op() > Op{});
    CHECK(test::objects_of<Transfer>(lookups(driver, 301)[0]).size() == 300);
}

}  // namespace
}  // namespace elytra::engine
