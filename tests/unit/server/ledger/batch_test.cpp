#include "server/ledger/batch.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "server/ledger/transfer_rules.hpp"
#include "tests/support/map_store.hpp"

namespace elytra::ledger {
namespace {

using test::MapStore;
using wire::Transfer;
using Status = wire::CreateTransferStatus;
namespace flags = wire::transfer_flags;

Transfer transfer(u128 id, std::uint16_t transfer_flags = 0) {
    return {.id = id,
            .debit_account_id = 1,
            .credit_account_id = 2,
            .amount = 1,
            .ledger = 1,
            .code = 1,
            .flags = transfer_flags};
}

Transfer without_account(u128 id, std::uint16_t transfer_flags = 0) {
    Transfer event = transfer(id, transfer_flags);
    event.debit_account_id = 77;
    return event;
}

MapStore store_with_accounts() {
    MapStore store;
    store.append_account({.id = 1, .ledger = 1, .code = 1, .timestamp = 1});
    store.append_account({.id = 2, .ledger = 1, .code = 1, .timestamp = 2});
    return store;
}

std::vector<wire::CreateResult> run(MapStore& store, const std::vector<Transfer>& events,
                                    std::uint64_t slot_first = 100) {
    std::vector<wire::CreateResult> results(events.size());
    CreateBatch<TransferRules, MapStore> batch(
        store, {.events = events, .slot_first = slot_first, .results = results});
    batch.run();
    return results;
}

std::vector<std::string_view> names(const std::vector<wire::CreateResult>& results) {
    std::vector<std::string_view> names;
    for (const wire::CreateResult& result : results) {
        names.push_back(wire::name_of(static_cast<Status>(result.status)));
    }
    return names;
}

using Names = std::vector<std::string_view>;

TEST_CASE("a failed chain leaves nothing but the culprit's id") {
    MapStore store = store_with_accounts();
    const auto results = run(store, {transfer(1, flags::linked), without_account(2, flags::linked),
                                     transfer(3), transfer(4)});
    CHECK(names(results) == Names{"linked_event_failed", "debit_account_not_found",
                                  "linked_event_failed", "created"});
    CHECK(results[0].timestamp == 100);
    CHECK(results[3].timestamp == 103);
    CHECK(store.failed == std::set<u128>{2});
    CHECK(store.account(AccountRow{0}).debits_posted == 1);
}

TEST_CASE("an event sees the earlier members of its chain, and exists breaks the chain") {
    MapStore store = store_with_accounts();
    const auto results =
        run(store, {transfer(1, flags::linked), transfer(1, flags::linked), transfer(2)});
    CHECK(names(results) == Names{"linked_event_failed", "exists", "linked_event_failed"});
    CHECK(results[1].timestamp == 100);
    CHECK(store.find_transfer(1).state == IdState::unknown);
}

TEST_CASE("a chain that the batch leaves open fails, whatever failed before") {
    MapStore store = store_with_accounts();
    CHECK(names(run(store, {transfer(1, flags::linked), transfer(2, flags::linked)})) ==
          Names{"linked_event_failed", "linked_event_chain_open"});
    CHECK(names(run(store, {without_account(3, flags::linked), transfer(4, flags::linked),
                            transfer(5, flags::linked)})) ==
          Names{"debit_account_not_found", "linked_event_failed", "linked_event_chain_open"});
    CHECK(names(run(store, {without_account(0, flags::linked)})) ==
          Names{"linked_event_chain_open"});
}

TEST_CASE("the first event decides whether a batch is imported") {
    MapStore store = store_with_accounts();
    Transfer imported = transfer(1, flags::imported);
    imported.timestamp = 50;
    Transfer late = transfer(2, flags::imported);
    late.timestamp = 201;
    Transfer never = transfer(3, flags::imported);
    never.timestamp = wire::timestamp_max + 1;
    CHECK(names(run(store, {imported, transfer(4), late, never}, 198)) ==
          Names{"created", "imported_event_expected", "imported_event_timestamp_must_not_advance",
                "imported_event_timestamp_out_of_range"});
    Transfer stamped = transfer(5);
    stamped.timestamp = 1;
    CHECK(names(run(store, {transfer(6), imported, stamped}, 300)) ==
          Names{"created", "imported_event_not_expected", "timestamp_must_be_zero"});
}

TEST_CASE("an id that failed once fails for ever") {
    MapStore store = store_with_accounts();
    CHECK(names(run(store, {without_account(1), transfer(1)})) ==
          Names{"debit_account_not_found", "id_already_failed"});
}

}  // namespace
}  // namespace elytra::ledger
