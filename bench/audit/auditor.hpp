#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/audit/findings.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "bench/workload/workload.hpp"
#include "server/common/int.hpp"
#include "server/wire/objects.hpp"

namespace elytra::bench {

// The newest result of one session. The ledger gives every event a later time than all before it,
// and a session's requests are executed in their order.
struct SessionClock {
    std::uint64_t timestamp = 0;
};

// Judges the answers of a ledger without sharing a line with it: every status, the order of time,
// the rows of queries, and at the end the balances that follow from what was acknowledged, which is
// where lost and doubled transfers show. One for each generator thread; merged at the end. Replies
// are as release 0.17.9 gives them: a result for every event.
class Auditor {
public:
    // The workload, whose accounts are audited, outlives the auditor. Requires: no pending and no
    // imported transfers in it.
    explicit Auditor(const Workload& workload);

    // The reply to accounts that did not exist before; returns how many were created.
    std::uint64_t check_created_accounts(std::uint64_t first, std::uint64_t count,
                                         std::span<const std::byte> results);

    // The reply to a request of these events; returns how many were created.
    std::uint64_t check_transfers(std::span<const ExpectedEvent> events,
                                  std::span<const std::byte> results, SessionClock& clock);

    // The reply to get_account_transfers; returns whether every row could be right.
    bool check_query(const wire::AccountFilter& filter, std::span<const std::byte> rows);

    // No reply came, so the request has been executed or not: the balances of its accounts may
    // differ by it. A unit is executed as a whole, so that nothing pending is left of it.
    void add_unanswered(std::span<const ExpectedEvent> events);

    // Adds what another auditor of the same accounts has seen.
    void merge(const Auditor& other);

    // The reply to lookup_accounts of `count` accounts, from `first` on, when nothing is in flight
    // any more and everything is merged; returns how many are as they have to be.
    std::uint64_t check_accounts(std::uint64_t first, std::uint64_t count,
                                 std::span<const std::byte> rows);

    std::uint64_t events_checked() const { return events_checked_; }

    std::uint64_t accounts_checked() const { return accounts_checked_; }

    const Findings& findings() const { return findings_; }

private:
    // Sums of far fewer than 2^63 amounts below 2^32 need no more.
    struct Balance {
        std::uint64_t debits_posted = 0;
        std::uint64_t credits_posted = 0;
        std::int64_t debits_pending = 0;
        std::int64_t credits_pending = 0;
    };

    // What unanswered requests may have posted.
    struct Doubt {
        std::uint64_t debits_posted = 0;
        std::uint64_t credits_posted = 0;
    };

    void apply(const ExpectedEvent& event);
    void add_wrong_result(const ExpectedEvent& event, const wire::CreateResult& result,
                          std::size_t index);
    bool check_account(std::uint64_t index, const wire::Account& found);

    const Workload& workload_;
    wire::Account account_;          // has ledger and code of all of them
    std::vector<Balance> balances_;  // by account index
    std::vector<Doubt> doubts_;      // empty as long as every request is answered
    Findings findings_;
    std::uint64_t events_checked_ = 0;
    std::uint64_t accounts_checked_ = 0;
    std::uint64_t requests_checked_ = 0;  // names the examples in findings
};

}  // namespace elytra::bench
