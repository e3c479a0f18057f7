#include "server/engine/state_machine.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/body.hpp"
#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"

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
    const auto row_counts = [&] {
        std::vector<std::uint32_t> counts;
        for (const Table* table : driver.state_machine().tables()) {
            counts.push_back(table->row_count());
        }
        return counts;
    };
    const std::vector<std::uint32_t> before = row_counts();
    Transfer huge = transfer(1);
    huge.amount = u128_max;
    huge.flags = wire::transfer_flags::linked;
    driver.execute(Operation::create_transfers, std::vector<Transfer>{huge, transfer(0)});
    driver.execute(Operation::create_accounts,
                   std::vector<Account>{{.id = 7, .ledger = 1, .code = 1, .flags = 1}, {.id = 0}});
    CHECK(row_counts() == before);
}

TEST_CASE("control operations let time pass and answer nothing") {
    StateMachine machine({.limits = limits_tiny(), .request_body_max = wire::body_size_max});
    std::vector<std::byte> reply(wire::body_size_max);
    CHECK(machine.execute(Operation::register_session, 10, {}, reply) == 0);
    CHECK(machine.execute(Operation::noop, 11, {}, reply) == 0);
    CHECK(machine.timestamp() == 11);
    CHECK(machine.timestamp_step(Operation::pulse, {}) == 8190);
    CHECK(machine.timestamp_step(Operation::noop, {}) == 0);
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

TEST_CASE("tables restore to the same bytes") {
    LedgerDriver driver(small_requests());
    create_accounts(driver);
    Transfer huge = transfer(1);
    huge.amount = u128_max - 5;
    driver.execute(Operation::create_transfers, std::vector<Transfer>{huge, pending(2, 1)});
    driver.execute(Operation::create_transfers, std::vector<Transfer>{huge, transfer(0)});
    driver.advance(2 * second);
    StateMachine restored(
        {.limits = limits_tiny(), .request_body_max = small_requests().request_body_max});
    REQUIRE(test::restore(driver.state_machine(), restored));
    const auto tables = driver.state_machine().tables();
    for (std::size_t index = 0; index < tables.size(); ++index) {
        REQUIRE(restored.tables()[index]->row_count() == tables[index]->row_count());
        for (std::size_t chunk = 0; chunk < tables[index]->chunk_count(); ++chunk) {
            CHECK(std::ranges::equal(restored.tables()[index]->chunk(chunk),
                                     tables[index]->chunk(chunk)));
        }
    }
}

// A state machine restored from the driver's tables after `damage` has changed a row of `table`.
template <class Row>
bool restores_with(LedgerDriver& driver, TableId id, const std::function<void(Row&)>& damage) {
    StateMachine target(
        {.limits = limits_tiny(), .request_body_max = small_requests().request_body_max});
    std::vector<std::uint32_t> row_counts;
    for (const Table* table : driver.state_machine().tables()) {
        row_counts.push_back(table->row_count());
    }
    target.restore_begin(row_counts);
    for (const Table* table : driver.state_machine().tables()) {
        if (table->row_count() == 0) continue;
        const std::span<std::byte> into = target.restore_chunk(table->id(), 0);
        std::ranges::copy(table->chunk(0), into.begin());
        if (table->id() != id) continue;
        Row row;
        std::memcpy(&row, into.data(), sizeof(Row));
        damage(row);
        std::memcpy(into.data(), &row, sizeof(Row));
    }
    return target.restore_finish();
}

TEST_CASE("tables that contradict each other are refused") {
    LedgerDriver driver(small_requests());
    create_accounts(driver);
    Transfer missing = transfer(9);
    missing.debit_account_id = 99;
    driver.execute(Operation::create_transfers,
                   std::vector<Transfer>{transfer(1), pending(2, 1), missing});
    driver.advance(2 * second);

    CHECK(restores_with<Account>(driver, TableId::accounts, [](Account&) {}));
    CHECK_FALSE(restores_with<Account>(driver, TableId::accounts,
                                       [](Account& row) { row.debits_posted += 1; }));
    CHECK_FALSE(
        restores_with<Account>(driver, TableId::accounts, [](Account& row) { row.id = 2; }));
    CHECK_FALSE(restores_with<Account>(driver, TableId::accounts,
                                       [](Account& row) { row.timestamp = UINT64_MAX; }));
    CHECK_FALSE(restores_with<Transfer>(driver, TableId::transfers,
                                        [](Transfer& row) { row.credit_account_id = 1; }));
    CHECK_FALSE(
        restores_with<Transfer>(driver, TableId::transfers, [](Transfer& row) { row.id = 2; }));
    CHECK_FALSE(restores_with<Transfer>(driver, TableId::transfers, [](Transfer& row) {
        row.flags = wire::transfer_flags::post_pending_transfer;
    }));
    CHECK_FALSE(restores_with<TransferEventRow>(
        driver, TableId::transfer_events,
        [](TransferEventRow& row) { row.sides.debit_account = 55; }));
    CHECK_FALSE(restores_with<TransferEventRow>(
        driver, TableId::transfer_events, [](TransferEventRow& row) { row.sides.wide_row = 3; }));
    CHECK_FALSE(restores_with<ExpiryRow>(driver, TableId::expiries,
                                         [](ExpiryRow& row) { row.transfer = 0; }));
    CHECK_FALSE(restores_with<ExpiryRow>(driver, TableId::expiries,
                                         [](ExpiryRow& row) { row.transfer = 1000; }));
    CHECK_FALSE(restores_with<u128>(driver, TableId::failed_ids, [](u128& row) { row = 1; }));
    CHECK_FALSE(restores_with<ScalarsRow>(driver, TableId::scalars,
                                          [](ScalarsRow& row) { row.timestamp = 1; }));
    CHECK_FALSE(restores_with<ScalarsRow>(driver, TableId::scalars,
                                          [](ScalarsRow& row) { row.totals.debits_posted += 1; }));
}

}  // namespace
}  // namespace elytra::engine
