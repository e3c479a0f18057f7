#pragma once

#include <cstdint>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/prng.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/records.hpp"
#include "server/forest/pair.hpp"
#include "server/wire/objects.hpp"

// What a ledger store holds, naively: everything in vectors, in order of creation.
namespace elytra::test {

struct EngineModel {
    std::uint64_t timestamp = 0;
    std::vector<wire::Account> accounts;
    std::vector<engine::TransferRecord> transfers;
    std::vector<ledger::PendingStatus> statuses;  // by transfer
    std::vector<engine::ExpiryRecord> expiries;
    std::vector<u128> failed_ids;
};

// What random operations are like.
struct EngineTraffic {
    std::uint32_t accounts_max = 200;
    std::uint32_t events_max = 12;  // of an operation
    bool expiring = true;           // pending transfers with timeouts
};

// Carries out one operation on both. The same generator, traffic and model make the same
// operation. The rules of the ledger are not asked; what is stored is balanced all the same.
void run_operation(Prng& prng, const EngineTraffic& traffic, EngineModel& model,
                   engine::LedgerStore& store);

// All entries of an index, in order.
std::vector<forest::Pair> pairs_of(const EngineModel& model, engine::IndexId index);

bool equal(const engine::TransferRecord& left, const engine::TransferRecord& right);
bool equal(const engine::ExpiryRecord& left, const engine::ExpiryRecord& right);

}  // namespace elytra::test
