#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/records.hpp"
#include "server/ledger/store.hpp"

namespace elytra::engine {

// What the running operation has fetched from the page store: transfers by id and by row. Bounded
// by the number of events of an operation, because nothing else asks.
class WorkingSet {
public:
    void clear();

    bool empty() const { return records_.empty() && failed_ids_.empty(); }

    void add(ledger::TransferRow row, const TransferRecord& record);

    void add_failed(u128 id);

    // A transfer of the page store has this timestamp.
    void add_timestamp(std::uint64_t timestamp);

    ledger::TransferSearch find(u128 id) const;

    // Null if it was not fetched. Stays where it is until clear().
    const TransferRecord* record(ledger::TransferRow row) const;

    bool has_timestamp(std::uint64_t timestamp) const { return timestamps_.contains(timestamp); }

private:
    struct HashId {
        std::size_t operator()(u128 id) const;
    };

    std::unordered_map<std::uint32_t, TransferRecord> records_;  // by row
    std::unordered_map<u128, std::uint32_t, HashId> rows_;       // by id
    std::unordered_set<u128, HashId> failed_ids_;
    std::unordered_set<std::uint64_t> timestamps_;
};

}  // namespace elytra::engine
