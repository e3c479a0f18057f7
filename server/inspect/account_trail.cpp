#include "server/inspect/account_trail.hpp"

#include <tuple>

#include "server/common/assert.hpp"
#include "server/wire/objects.hpp"

namespace elytra::inspect {

void AccountTrail::add(Event event, std::uint64_t timestamp,
                       const engine::AccountSnapshot& snapshot) {
    ELYTRA_ASSERT(snapshot.account.value < newest_.size());
    Newest& newest = newest_[snapshot.account.value];
    if (std::tuple(timestamp, event) < std::tuple(newest.timestamp, newest.event)) return;
    newest = {.timestamp = timestamp, .event = event, .snapshot = snapshot};
}

std::vector<std::uint32_t> AccountTrail::differences(const engine::AccountTable& accounts) const {
    std::vector<std::uint32_t> differences;
    for (std::uint32_t row = 0; row < newest_.size(); ++row) {
        const wire::Account& account = accounts.account(ledger::AccountRow{row});
        const engine::AccountSnapshot& left = newest_[row].snapshot;
        const bool same = account.debits_pending == left.debits_pending &&
                          account.debits_posted == left.debits_posted &&
                          account.credits_pending == left.credits_pending &&
                          account.credits_posted == left.credits_posted &&
                          (newest_[row].event == Event::none || account.flags == left.flags);
        if (!same) differences.push_back(row);
    }
    return differences;
}

}  // namespace elytra::inspect
