#include <cstdint>
#include <memory>

#include "server/engine/query.hpp"
#include "server/engine/time_rows.hpp"
#include "server/ledger/filter.hpp"

namespace elytra::engine {

namespace {

// All accounts are in memory. One call looks at all that are in the window: about a millisecond for
// a hundred thousand of them.
class AccountQuery final : public Query {
public:
    AccountQuery(const AccountTable& accounts, const wire::QueryFilter& filter)
        : accounts_(accounts), filter_(filter) {}

    Progress advance(ResultWriter& results) override {
        if (!ledger::filter_valid(filter_)) return Progress::done;
        const ledger::TimeWindow window = ledger::time_window(filter_);
        RowRange left{.first = accounts_.row_from(window.first),
                      .end = accounts_.row_from(window.last + 1)};
        const bool reversed = (filter_.flags & wire::query_filter_flags::reversed) != 0;
        while (!left.empty() && !results.full()) {
            const ledger::AccountRow row{reversed ? --left.end : left.first++};
            const wire::Account& account = accounts_.account(row);
            if (ledger::matches(filter_, account)) results.add(account);
        }
        return Progress::done;
    }

private:
    const AccountTable& accounts_;
    wire::QueryFilter filter_;
};

}  // namespace

std::unique_ptr<Query> query_accounts(const QuerySource& source, const wire::QueryFilter& filter) {
    return std::make_unique<AccountQuery>(source.store.accounts(), filter);
}

}  // namespace elytra::engine
