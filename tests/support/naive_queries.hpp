#pragma once

#include <cstdint>
#include <vector>

#include "server/wire/objects.hpp"
#include "tests/support/query_world.hpp"

// The questions of engine/query.hpp, answered by looking at every row.
namespace elytra::test {

// How many results a reply has room for, when the filter asks for so many.
std::uint32_t naive_limit(std::uint32_t limit);

std::vector<wire::Transfer> naive_account_transfers(const QueryWorld& world,
                                                    const wire::AccountFilter& filter);
std::vector<wire::AccountBalance> naive_account_balances(const QueryWorld& world,
                                                         const wire::AccountFilter& filter);
std::vector<wire::Transfer> naive_transfers(const QueryWorld& world,
                                            const wire::QueryFilter& filter);
std::vector<wire::Account> naive_accounts(const QueryWorld& world, const wire::QueryFilter& filter);
std::vector<wire::ChangeEvent> naive_change_events(const QueryWorld& world,
                                                   const wire::ChangeEventsFilter& filter);

}  // namespace elytra::test
