#include "bench/audit/auditor.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

using wire::CreateTransferStatus;
using wire::Operation;

constexpr std::uint64_t account_count = 40;
constexpr std::uint32_t query_limit = 100;
constexpr std::uint64_t request_units = 50;

MixedStream::Options options_of(std::uint32_t stream, std::uint32_t streams) {
    return {.workload = {.account_count = account_count,
                         .id_order = IdOrder::random,
                         .seed = 42,
                         .id_base = WallTime{}},
            .mix = {.shares = {300, 200, 200, 200, 100}},
            .stream = stream,
            .streams = streams};
}

struct Request {
    std::vector<wire::Transfer> events;
    std::vector<ExpectedEvent> expected;
};

// A generator thread with one session, the real state machine as the ledger, and between the two
// somebody who may change what is asked and what is answered.
class Bench {
public:
    Bench() : Bench(0, 1, std::make_shared<test::LedgerDriver>(test::LedgerDriver::Options{})) {
        create_accounts();
    }

    Bench(std::uint32_t stream, std::uint32_t streams, std::shared_ptr<test::LedgerDriver> ledger)
        : stream_(options_of(stream, streams)), auditor_(stream_.workload()), ledger_(ledger) {}

    void create_accounts() {
        std::vector<wire::Account> accounts;
        for (std::uint64_t at = 0; at < account_count; ++at) {
            accounts.push_back(stream_.workload().account(at));
        }
        const test::Bytes results = ledger_->execute(Operation::create_accounts, accounts).front();
        CHECK(auditor_.check_created_accounts(0, account_count, results) == account_count);
    }

    // Between the generator and the ledger, and back.
    std::function<void(Request&)> on_request;
    std::function<void(std::vector<wire::CreateResult>&)> on_results;
    std::function<void(std::vector<wire::Transfer>&)> on_rows;
    std::function<void(std::vector<wire::Account>&)> on_accounts;

    void run(std::uint64_t requests) {
        for (std::uint64_t request = 0; request < requests; ++request) run_request();
    }

    // Sends a request whose answer gets lost on the way.
    void run_unanswered() {
        const Request request = next_request();
        ledger_->execute(Operation::create_transfers, request.events);
        auditor_.add_unanswered(request.expected);
    }

    std::uint64_t read_balances() {
        std::vector<u128> ids;
        for (std::uint64_t at = 0; at < account_count; ++at) {
            ids.push_back(stream_.workload().account_id(at));
        }
        auto rows = test::objects_of<wire::Account>(
            ledger_->execute(Operation::lookup_accounts, ids).front());
        if (on_accounts) on_accounts(rows);
        return auditor_.check_accounts(0, account_count, std::as_bytes(std::span(rows)));
    }

    // What is found after the requests and in the balances at the end.
    std::vector<std::string> findings() {
        run(20);
        read_balances();
        return auditor_.findings().sentences();
    }

    Auditor& auditor() { return auditor_; }

private:
    Request next_request() {
        Request request;
        for (std::uint64_t unit = 0; unit < request_units; ++unit, ++next_) {
            if (stream_.kind(next_) == UnitKind::query) {
                run_query();
                continue;
            }
            std::array<wire::Transfer, MixedStream::unit_events_max> events{};
            std::array<ExpectedEvent, MixedStream::unit_events_max> expected{};
            const std::uint32_t count = stream_.write(next_, events, expected);
            request.events.insert(request.events.end(), events.begin(), events.begin() + count);
            request.expected.insert(request.expected.end(), expected.begin(),
                                    expected.begin() + count);
        }
        return request;
    }

    void run_request() {
        Request request = next_request();
        const std::vector<ExpectedEvent> expected = request.expected;
        if (on_request) on_request(request);
        auto results = test::objects_of<wire::CreateResult>(
            ledger_->execute(Operation::create_transfers, request.events).front());
        if (on_results) on_results(results);
        auditor_.check_transfers(expected, std::as_bytes(std::span(results)), clock_);
    }

    void run_query() {
        const wire::AccountFilter filter = stream_.query(next_, query_limit);
        auto rows = test::objects_of<wire::Transfer>(
            ledger_->execute(Operation::get_account_transfers, std::vector{filter}).front());
        if (on_rows) on_rows(rows);
        auditor_.check_query(filter, std::as_bytes(std::span(rows)));
    }

    MixedStream stream_;
    Auditor auditor_;
    std::shared_ptr<test::LedgerDriver> ledger_;
    SessionClock clock_;
    std::uint64_t next_ = 0;
};

// The index of the first event that is created alone, outside of chains and reservations.
std::size_t first_plain(const Request& request) {
    for (std::size_t index = 1; index < request.events.size(); ++index) {
        if (request.events[index].flags != 0 || request.events[index - 1].flags != 0) continue;
        if (request.expected[index].status == CreateTransferStatus::created &&
            request.expected[index + 1].status == CreateTransferStatus::created) {
            return index;
        }
    }
    FAIL("no plain event");
    return 0;
}

// The only finding, without its count and example.
std::string kind_of_finding(Bench& bench) {
    const std::vector<std::string> sentences = bench.findings();
    REQUIRE(sentences.size() == 1);
    const std::string& sentence = sentences.front();
    return sentence.substr(0, std::min(sentence.rfind(" ("), sentence.rfind(": ")));
}

}  // namespace

TEST_CASE("an auditor agrees with a ledger that does everything right") {
    Bench bench;
    CHECK(bench.findings().empty());
    CHECK(bench.auditor().accounts_checked() == account_count);
    CHECK(bench.auditor().events_checked() > 20 * request_units);
    CHECK(bench.read_balances() == account_count);
}

TEST_CASE("auditors of several threads, merged, agree with a ledger that does everything right") {
    Bench first;
    CHECK(first.findings().empty());
    const auto ledger = std::make_shared<test::LedgerDriver>(test::LedgerDriver::Options{});
    Bench a(0, 2, ledger);
    Bench b(1, 2, ledger);
    a.create_accounts();
    for (int round = 0; round < 10; ++round) {
        a.run(2);
        b.run(1);
    }
    a.auditor().merge(b.auditor());
    CHECK(a.read_balances() == account_count);
    CHECK(a.auditor().findings().empty());
}

TEST_CASE("balances of one thread alone are too low when two have sent") {
    const auto ledger = std::make_shared<test::LedgerDriver>(test::LedgerDriver::Options{});
    Bench a(0, 2, ledger);
    Bench b(1, 2, ledger);
    a.create_accounts();
    a.run(5);
    b.run(5);
    CHECK(a.read_balances() < account_count);
    CHECK(!a.auditor().findings().empty());
}

TEST_CASE("a wrong status is found") {
    Bench bench;
    int request = 0;
    bench.on_results = [&](std::vector<wire::CreateResult>& results) {
        if (++request != 7) return;
        for (wire::CreateResult& result : results) {
            if (result.status !=
                static_cast<std::uint32_t>(CreateTransferStatus::code_must_not_be_zero))
                continue;
            result.status =
                static_cast<std::uint32_t>(CreateTransferStatus::ledger_must_not_be_zero);
            return;
        }
        request = 6;
    };
    CHECK(kind_of_finding(bench) ==
          "create_transfers: ledger_must_not_be_zero instead of code_must_not_be_zero");
}

TEST_CASE("a status that means nothing is found and told by its number") {
    Bench bench;
    int request = 0;
    bench.on_results = [&](std::vector<wire::CreateResult>& results) {
        if (++request == 3) results[0].status = 18;
    };
    const std::vector<std::string> sentences = bench.findings();
    REQUIRE(!sentences.empty());
    CHECK(sentences[0].starts_with("create_transfers: status 18 instead of "));
}

// Balances cannot tell a transfer of nothing from one that is not there.
TEST_CASE("a transfer that was acknowledged but is lost is found in the balances") {
    Bench bench;
    int request = 0;
    bench.on_request = [&](Request& sent) {
        if (++request == 9) sent.events[first_plain(sent)].amount = 0;
    };
    CHECK(kind_of_finding(bench) == "lookup_accounts: balances are not what was acknowledged");
}

TEST_CASE("a transfer that was made twice under another id is found in the balances") {
    Bench bench;
    int request = 0;
    bench.on_request = [&](Request& sent) {
        if (++request != 9) return;
        wire::Transfer again = sent.events[first_plain(sent)];
        again.id += 1;
        sent.events.push_back(again);
    };
    bench.on_results = [&](std::vector<wire::CreateResult>& results) {
        if (request == 9) results.pop_back();
    };
    CHECK(kind_of_finding(bench) == "lookup_accounts: balances are not what was acknowledged");
}

TEST_CASE("a reservation that stays is found in the balances") {
    Bench bench;
    bench.on_accounts = [](std::vector<wire::Account>& accounts) {
        accounts[3].debits_pending += 1;
    };
    CHECK(kind_of_finding(bench) == "lookup_accounts: balances are not what was acknowledged");
}

TEST_CASE("a missing result is found, and what became of its request is in doubt, not wrong") {
    Bench bench;
    int request = 0;
    bench.on_results = [&](std::vector<wire::CreateResult>& results) {
        if (++request == 4) results.pop_back();
    };
    CHECK(kind_of_finding(bench) == "create_transfers: not one result for each event");
}

TEST_CASE("a request without an answer may have been executed or not") {
    Bench bench;
    bench.run(3);
    bench.run_unanswered();
    CHECK(bench.read_balances() == account_count);
    bench.on_accounts = [](std::vector<wire::Account>& accounts) {
        accounts[5].debits_posted += 1'000'000'000;
    };
    CHECK(bench.read_balances() == account_count - 1);
}

TEST_CASE("a timestamp that does not increase is found") {
    constexpr const char* finding =
        "create_transfers: a timestamp does not follow on the one before it";
    SUBCASE("within a reply") {
        Bench bench;
        bench.on_results = [request = 0](std::vector<wire::CreateResult>& results) mutable {
            if (++request == 5) results[20].timestamp = results[19].timestamp - 1;
        };
        CHECK(kind_of_finding(bench) == finding);
    }
    SUBCASE("from one reply of a session to the next") {
        Bench bench;
        int request = 0;
        std::uint64_t last = 0;
        bench.on_results = [&](std::vector<wire::CreateResult>& results) {
            // As a whole, so that the order within the reply stays right.
            const std::uint64_t too_early = results[0].timestamp - last;
            for (wire::CreateResult& result : results) {
                if (request == 5) result.timestamp -= too_early;
            }
            last = results.back().timestamp;
            ++request;
        };
        CHECK(kind_of_finding(bench) == finding);
    }
    SUBCASE("zero") {
        Bench bench;
        bench.on_results = [](std::vector<wire::CreateResult>& results) {
            for (wire::CreateResult& result : results) result.timestamp = 0;
        };
        CHECK(kind_of_finding(bench) == finding);
    }
    SUBCASE("of a repeat, which is told the time of its original") {
        Bench bench;
        bench.on_results = [](std::vector<wire::CreateResult>& results) {
            for (wire::CreateResult& result : results) {
                const auto status = static_cast<CreateTransferStatus>(result.status);
                if (status == CreateTransferStatus::exists) ++result.timestamp;
            }
        };
        CHECK(kind_of_finding(bench) == finding);
    }
}

TEST_CASE("a query whose rows cannot be right is found") {
    struct Row {
        const char* finding;
        std::function<void(std::vector<wire::Transfer>&)> lie;
    };

    const Row rows[] = {
        {"get_account_transfers: a transfer of other accounts",
         [](auto& found) { found[0].debit_account_id = found[0].credit_account_id = 12345; }},
        {"get_account_transfers: rows are not in order",
         [](auto& found) { std::swap(found[0], found[1]); }},
        {"get_account_transfers: rows are not in order", [](auto& found) { found[1] = found[0]; }},
        {"get_account_transfers: more rows than the limit",
         [](auto& found) { found.resize(query_limit + 1, found.back()); }},
        {"get_account_transfers: a transfer that nobody sent",
         [](auto& found) { found[1].ledger = 77; }},
        {"get_account_transfers: a transfer that nobody sent",
         [](auto& found) { found[1].id = 0; }},
        {"get_account_transfers: a transfer that nobody sent",
         [](auto& found) { found[1].flags |= wire::transfer_flags::imported; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.finding);
        Bench bench;
        bool lied = false;
        bench.on_rows = [&](std::vector<wire::Transfer>& found) {
            if (!lied && found.size() >= 2) row.lie(found);
            lied = lied || found.size() >= 2;
        };
        CHECK(kind_of_finding(bench) == row.finding);
    }
}

TEST_CASE("accounts that are missing, foreign or changed are found") {
    struct Row {
        const char* finding;
        std::function<void(std::vector<wire::Account>&)> lie;
        std::uint64_t right;
    };

    const Row rows[] = {
        {"lookup_accounts: an account is missing",
         [](auto& accounts) { accounts.erase(accounts.begin() + 7); }, account_count - 1},
        {"lookup_accounts: an account that was not asked for",
         [](auto& accounts) { accounts.push_back(accounts.back()); }, account_count},
        {"lookup_accounts: not what was sent",
         [](auto& accounts) { accounts[7].user_data_64 += 1; }, account_count - 1},
        {"lookup_accounts: not what was sent",
         [](auto& accounts) { accounts[7].flags |= wire::account_flags::closed; },
         account_count - 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.finding);
        Bench bench;
        bench.on_accounts = row.lie;
        bench.run(2);
        CHECK(bench.read_balances() == row.right);
        const std::vector<std::string> sentences = bench.auditor().findings().sentences();
        REQUIRE(sentences.size() == 1);
        CHECK(sentences[0].starts_with(row.finding));
    }
}

TEST_CASE("accounts that were not created are found") {
    const Workload workload(options_of(0, 1).workload);
    const auto status = [](wire::CreateAccountStatus value) {
        return static_cast<std::uint32_t>(value);
    };
    const std::vector<wire::CreateResult> results = {
        {.timestamp = 5, .status = status(wire::CreateAccountStatus::created)},
        {.timestamp = 6, .status = status(wire::CreateAccountStatus::exists)},
        {.timestamp = 6, .status = status(wire::CreateAccountStatus::created)}};
    Auditor auditor(workload);
    CHECK(auditor.check_created_accounts(10, 3, std::as_bytes(std::span(results))) == 2);
    CHECK(auditor.check_created_accounts(10, 4, std::as_bytes(std::span(results))) == 0);
    CHECK(auditor.findings().sentences() ==
          std::vector<std::string>{
              "create_accounts: exists instead of created: account 11",
              "create_accounts: a timestamp is not later than the one before it: account 12",
              "create_accounts: not one result for each event: accounts from 10 on"});
}
