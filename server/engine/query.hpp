#pragma once

#include <cstdint>
#include <memory>

#include "server/engine/ledger_store.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/result_writer.hpp"
#include "server/storage/page_cache.hpp"
#include "server/wire/objects.hpp"

// Questions about accounts, transfers and events. The store does not change while a query is on its
// way. Filters that make no sense find nothing. Order, limits and meaning: ledger spec, 11 to 13.
namespace elytra::engine {

// What all queries read from. Outlives them.
struct QuerySource {
    const LedgerStore& store;
    storage::PageCache& cache;
};

// A question that is being answered. Memory does not depend on how many rows there are: pages are
// fetched in windows of the cache.
class Query {
public:
    Query() = default;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    virtual ~Query() = default;

    // Adds what it finds until the writer is full or there is no more.
    virtual Progress advance(ResultWriter& results) = 0;
};

std::unique_ptr<Query> get_account_transfers(const QuerySource& source,
                                             const wire::AccountFilter& filter);
std::unique_ptr<Query> get_account_balances(const QuerySource& source,
                                            const wire::AccountFilter& filter);
std::unique_ptr<Query> query_accounts(const QuerySource& source, const wire::QueryFilter& filter);
std::unique_ptr<Query> query_transfers(const QuerySource& source, const wire::QueryFilter& filter);
std::unique_ptr<Query> get_change_events(const QuerySource& source,
                                         const wire::ChangeEventsFilter& filter);

}  // namespace elytra::engine
