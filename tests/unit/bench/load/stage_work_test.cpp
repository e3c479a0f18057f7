#include "bench/load/stage_work.hpp"

#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

LoadOptions small() {
    LoadOptions options;
    options.workload.account_count = 10;
    options.workload.transfer_count = 25;
    options.workload.id_order = IdOrder::sequential;
    options.account_batch_count = 10;
    options.transfer_batch_count = 10;
    return options;
}

struct Fixture {
    LoadOptions options = small();
    Workload workload{options.workload};
    Checks checks;

    StageWork work(Stage stage) { return StageWork(stage, options, workload, checks); }
};

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
    return std::as_bytes(std::span(values));
}

constexpr auto created = static_cast<std::uint32_t>(wire::CreateTransferStatus::created);

}  // namespace

TEST_CASE("a stage is split into full requests and a rest") {
    Fixture fixture;
    const StageWork work = fixture.work(Stage::create_transfers);
    CHECK(work.request_count() == 3);
    CHECK(work.events_of(0) == 10);
    CHECK(work.events_of(2) == 5);
    CHECK(fixture.work(Stage::get_account_transfers).request_count() == 100);
    CHECK(fixture.work(Stage::validate_transfers).request_count() == 1);
}

TEST_CASE("a request holds its own transfers") {
    Fixture fixture;
    std::vector<std::byte> body(4096);
    CHECK(fixture.work(Stage::create_transfers).write(2, body) == 5 * sizeof(wire::Transfer));
    wire::Transfer first;
    std::memcpy(&first, body.data(), sizeof first);
    CHECK(first == fixture.workload.transfer(20));
}

TEST_CASE("events that were not created are counted and named") {
    Fixture fixture;
    StageWork work = fixture.work(Stage::create_transfers);
    std::vector<wire::CreateResult> results(5, {.timestamp = 1, .status = created});
    CHECK(work.check(2, bytes_of(results)) == 5);
    CHECK(fixture.checks.findings.empty());
    results[1].status = static_cast<std::uint32_t>(wire::CreateTransferStatus::exists);
    results[3].status = 18;
    CHECK(work.check(2, bytes_of(results)) == 3);
    CHECK(fixture.checks.findings.sentences() ==
          std::vector<std::string>{"create_transfers: exists: event 21",
                                   "create_transfers: status 18: event 23"});
}

TEST_CASE("missing results are a finding") {
    Fixture fixture;
    const std::vector<wire::CreateResult> results(9, {.timestamp = 1, .status = created});
    CHECK(fixture.work(Stage::create_transfers).check(0, bytes_of(results)) == 0);
    CHECK(fixture.checks.findings.sentences() ==
          std::vector<std::string>{"create_transfers: results are missing: request 0 has 9 of 10"});
}

TEST_CASE("accounts and transfers read back are compared with what was sent") {
    Fixture fixture;
    std::vector<wire::Account> accounts;
    for (std::uint64_t index = 0; index < 10; ++index) {
        accounts.push_back(fixture.workload.account(index));
        accounts.back().timestamp = 100 + index;
    }
    std::vector<wire::Transfer> transfers;
    for (std::uint64_t index = 0; index < 25; ++index) {
        transfers.push_back(fixture.workload.transfer(index));
        transfers.back().timestamp = 200 + index;
        accounts[0].debits_posted += transfers.back().amount;
        accounts[1].credits_posted += transfers.back().amount;
    }
    CHECK(fixture.work(Stage::validate_accounts).check(0, bytes_of(accounts)) == 10);
    CHECK(fixture.work(Stage::validate_transfers).check(0, bytes_of(transfers)) == 25);
    check_sums(fixture.checks);
    CHECK(fixture.checks.findings.empty());

    transfers[7].amount += 1;
    CHECK(fixture.work(Stage::validate_transfers).check(0, bytes_of(transfers)) == 24);
    accounts[3].code = 9;
    CHECK(fixture.work(Stage::validate_accounts).check(0, bytes_of(accounts)) == 9);
    CHECK(fixture.checks.findings.sentences() ==
          std::vector<std::string>{"lookup_transfers: not what was sent: transfer 7",
                                   "lookup_accounts: not what was sent: account 3"});
}

TEST_CASE("balances that differ from the transfers do not add up") {
    Checks checks;
    checks.amounts_posted = 5;
    checks.debits_posted = 5;
    checks.credits_posted = 4;
    checks.debits_pending = checks.credits_pending = checks.amounts_pending = 3;
    check_sums(checks);
    CHECK(checks.findings.sentences() ==
          std::vector<std::string>{"balances do not add up: posted credits and posted transfers"});
}

TEST_CASE("a query must only find transfers of its account") {
    Fixture fixture;
    StageWork work = fixture.work(Stage::get_account_transfers);
    CHECK(work.check(0, {}) == 1);
    std::vector<wire::Transfer> transfers(1);
    transfers[0].credit_account_id = fixture.workload.query(0, 1).account_id;
    CHECK(work.check(0, bytes_of(transfers)) == 1);
    transfers[0].credit_account_id = 1000;
    CHECK(work.check(0, bytes_of(transfers)) == 0);
    CHECK_FALSE(fixture.checks.findings.empty());
}
