#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/common/int.hpp"
#include "server/wire/objects.hpp"

namespace elytra::test {

// The ledger as the specification tells it, in maps and loops: slow and plain, and made without a
// look at the code that it is compared with. Statuses are numbers here as they are on the wire.
class NaiveLedger {
public:
    using Results = std::vector<wire::CreateResult>;

    // One batch; the first event has the timestamp `slot_first`.
    Results create_accounts(std::span<const wire::Account> events, std::uint64_t slot_first);
    Results create_transfers(std::span<const wire::Transfer> events, std::uint64_t slot_first);

    // Expires what is due, at most `max` transfers. The last one gets the timestamp.
    void pulse(std::uint64_t timestamp, std::size_t max);

    // The earliest end of a reservation that is still held, or the largest number.
    std::uint64_t pulse_next() const;

    std::vector<wire::Account> lookup_accounts(std::span<const u128> ids) const;
    std::vector<wire::Transfer> lookup_transfers(std::span<const u128> ids) const;

    // At most `max` results, whatever the filter's limit is.
    std::vector<wire::Transfer> account_transfers(wire::AccountFilter filter,
                                                  std::size_t max) const;
    std::vector<wire::AccountBalance> account_balances(wire::AccountFilter filter,
                                                       std::size_t max) const;
    std::vector<wire::Account> query_accounts(wire::QueryFilter filter, std::size_t max) const;
    std::vector<wire::Transfer> query_transfers(wire::QueryFilter filter, std::size_t max) const;
    std::vector<wire::ChangeEvent> change_events(wire::ChangeEventsFilter filter,
                                                 std::size_t max) const;

    // For generators of events.
    const std::map<u128, wire::Account>& accounts() const { return state_.accounts; }

    const std::map<u128, wire::Transfer>& transfers() const { return state_.transfers; }

private:
    enum class Fate { pending, posted, voided, expired };

    // All that a failed chain takes back.
    struct State {
        std::map<u128, wire::Account> accounts;
        std::map<u128, wire::Transfer> transfers;
        std::map<u128, Fate> fates;  // of pending transfers
        std::vector<wire::ChangeEvent> events;
    };

    using Judgement = std::pair<std::uint32_t, std::uint64_t>;  // status, timestamp

    template <class Event, class JudgeOne>
    Results run_batch(std::span<const Event> events, std::uint64_t slot_first, JudgeOne judge_one);

    Judgement judge_account(const wire::Account& event, std::uint64_t slot);
    Judgement judge_transfer(const wire::Transfer& event, std::uint64_t slot);
    std::uint32_t judge_existing(const wire::Transfer& event, const wire::Transfer& stored) const;
    Judgement judge_movement(wire::Transfer event, std::uint64_t slot);
    Judgement judge_resolution(const wire::Transfer& event, std::uint64_t slot);
    void record(const wire::Transfer& transfer, std::uint8_t type, std::uint64_t timestamp);
    std::uint64_t last_account_time() const;
    std::uint64_t last_transfer_time() const;

    State state_;
    std::set<u128> failed_;
};

}  // namespace elytra::test
