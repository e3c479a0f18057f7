#pragma once

#include <cstdint>
#include <optional>

#include "server/ledger/batch.hpp"
#include "server/ledger/store.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

namespace elytra::ledger {

// What can be said about an account without looking at any other; `created` when nothing is wrong.
// The id is judged on its own, because a retry is recognised before the other fields are.
wire::CreateAccountStatus judge_account_id(const wire::Account& event);
wire::CreateAccountStatus judge_account_fields(const wire::Account& event);

// How a retry differs from the account that has its id, which may have been closed meanwhile.
wire::CreateAccountStatus compare_accounts(const wire::Account& event, const wire::Account& stored);

struct AccountRules {
    using Event = wire::Account;
    using Status = wire::CreateAccountStatus;

    static constexpr std::uint16_t linked = wire::account_flags::linked;
    static constexpr std::uint16_t imported = wire::account_flags::imported;

    // No account id is ever used up by a failure.
    static constexpr bool transient(Status) { return false; }

    // Judges the event and, when nothing is wrong, creates the account.
    template <Store S>
    static Outcome<Status> create(S& store, const Event& event, std::uint64_t slot) {
        Status status = judge_account_id(event);
        if (status != Status::created) return {status, slot};
        if (const std::optional<AccountRow> row = store.find_account(event.id)) {
            const wire::Account& stored = store.account(*row);
            status = compare_accounts(event, stored);
            return {status, status == Status::exists ? stored.timestamp : slot};
        }
        status = judge_account_fields(event);
        if (status != Status::created) return {status, slot};
        wire::Account account = event;
        if ((event.flags & imported) == 0) {
            account.timestamp = slot;
        } else if (event.timestamp <= store.account_timestamp_last() ||
                   store.transfer_at(event.timestamp)) {
            return {Status::imported_event_timestamp_must_not_regress, slot};
        }
        store.append_account(account);
        return {Status::created, account.timestamp};
    }
};

}  // namespace elytra::ledger
