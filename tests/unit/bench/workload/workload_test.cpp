#include "bench/workload/workload.hpp"

#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

constexpr std::uint64_t sample = 2000;

WorkloadOptions small() {
    return {.account_count = 100,
            .transfer_count = sample,
            .id_order = IdOrder::sequential,
            .seed = 42,
            .id_base = WallTime{1'700'000'000'000'000'000}};
}

std::vector<wire::Transfer> transfers_of(const WorkloadOptions& options) {
    const Workload workload(options);
    std::vector<wire::Transfer> transfers;
    for (std::uint64_t index = 0; index < options.transfer_count; ++index) {
        transfers.push_back(workload.transfer(index));
    }
    return transfers;
}

}  // namespace

TEST_CASE("the same options give the same bytes on every machine") {
    WorkloadOptions options = small();
    options.account_distribution = DistributionKind::zipfian;
    options.transfer_pending = true;
    options.id_order = IdOrder::tbid;
    const std::vector<wire::Transfer> transfers = transfers_of(options);
    CHECK(wire::checksum(std::as_bytes(std::span(transfers))) ==
          make_u128(0x1ed022e47589d42b, 0xc0452e31b2f59643));
    options.seed = 43;
    const std::vector<wire::Transfer> others = transfers_of(options);
    CHECK(others[0] != transfers[0]);
}

TEST_CASE("transfers move a positive amount between two different accounts of one ledger") {
    WorkloadOptions options = small();
    options.account_count = 2;
    std::uint64_t sum = 0;
    for (const wire::Transfer& transfer : transfers_of(options)) {
        CHECK(transfer.debit_account_id != transfer.credit_account_id);
        CHECK(transfer.debit_account_id >= 1);
        CHECK(transfer.debit_account_id <= 2);
        CHECK(transfer.amount >= 1);
        CHECK(transfer.ledger == Workload(options).account(0).ledger);
        CHECK(transfer.flags == 0);
        CHECK(transfer.timestamp == 0);
        sum += static_cast<std::uint64_t>(transfer.amount);
    }
    CHECK(sum / sample > 9'000);
    CHECK(sum / sample < 11'000);
}

TEST_CASE("pending transfers are three in ten, with timeouts of one to five seconds") {
    WorkloadOptions options = small();
    options.transfer_pending = true;
    std::map<std::uint32_t, int> timeouts;
    int pending = 0;
    for (const wire::Transfer& transfer : transfers_of(options)) {
        const bool is_pending = transfer.flags == wire::transfer_flags::pending;
        CHECK(is_pending == (transfer.timeout != 0));
        pending += is_pending ? 1 : 0;
        if (is_pending) ++timeouts[transfer.timeout];
    }
    CHECK(pending > sample * 26 / 100);
    CHECK(pending < sample * 34 / 100);
    CHECK(timeouts.size() == 5);
    CHECK(timeouts.begin()->first == 1);
    CHECK(timeouts.rbegin()->first == 5);
}

TEST_CASE("with hot accounts the given share of transfers goes from a hot to a cold one") {
    WorkloadOptions options = small();
    options.account_count_hot = 3;
    for (const wire::Transfer& transfer : transfers_of(options)) {
        CHECK(transfer.debit_account_id <= 3);
        CHECK(transfer.credit_account_id > 3);
    }
    options.transfer_hot_percent = 40;
    int hot = 0;
    for (const wire::Transfer& transfer : transfers_of(options)) {
        hot += transfer.debit_account_id <= 3 && transfer.credit_account_id > 3 ? 1 : 0;
    }
    CHECK(hot > sample * 38 / 100);
    CHECK(hot < sample * 48 / 100);  // some of the others look hot by chance
    CHECK(Workload(options).query(0, 10).account_id <= 3);
}

TEST_CASE("when every account is hot, transfers still have two different ends") {
    WorkloadOptions options = small();
    options.account_count = 2;
    options.account_count_hot = 2;
    for (const wire::Transfer& transfer : transfers_of(options)) {
        REQUIRE(transfer.debit_account_id != transfer.credit_account_id);
    }
}

TEST_CASE(
    "imported events carry ascending timestamps, transfers after accounts, without timeouts") {
    WorkloadOptions options = small();
    options.imported = true;
    options.transfer_pending = true;
    const Workload workload(options);
    CHECK(workload.account(0).timestamp == 1);
    CHECK(workload.account(99).timestamp == 100);
    CHECK(workload.account(0).flags ==
          (wire::account_flags::imported | wire::account_flags::history));
    std::uint64_t last = workload.account(99).timestamp;
    for (const wire::Transfer& transfer : transfers_of(options)) {
        CHECK(transfer.timestamp == ++last);
        CHECK((transfer.flags & wire::transfer_flags::imported) != 0);
        CHECK(transfer.timeout == 0);
    }
}

TEST_CASE("accounts keep their history unless told otherwise") {
    WorkloadOptions options = small();
    CHECK(Workload(options).account(5).flags == wire::account_flags::history);
    options.history = false;
    CHECK(Workload(options).account(5).flags == 0);
    CHECK(Workload(options).account(5).id == Workload(options).account_id(5));
}
