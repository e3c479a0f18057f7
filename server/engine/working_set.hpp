#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/id_index.hpp"
#include "server/engine/records.hpp"
#include "server/ledger/store.hpp"

namespace elytra::engine {

// What the running operation has fetched from the page store: transfers by id and by row. Bounded
// by the number of events of an operation, because nothing else asks. Nearly always empty, and then
// it costs nothing to ask.
class WorkingSet {
public:
    void clear();

    bool empty() const { return fetched_.empty() && failed_ids_.empty() && timestamps_.empty(); }

    // Nothing happens if it is there already.
    void add(ledger::TransferRow row, const TransferRecord& record);

    // Likewise.
    void add_failed(u128 id);

    // A transfer of the page store has this timestamp.
    void add_timestamp(std::uint64_t timestamp);

    ledger::TransferSearch find(u128 id) const {
        if (fetched_.empty() && failed_ids_.empty()) return {};
        return search(id);
    }

    // Null if it was not fetched. Stays where it is until clear().
    const TransferRecord* record(ledger::TransferRow row) const;

    bool has_timestamp(std::uint64_t timestamp) const;

private:
    static constexpr std::uint32_t failed_bit = 1U << 31;

    struct Fetched {
        ledger::TransferRow row;
        TransferRecord record;
    };

    ledger::TransferSearch search(u128 id) const;

    std::deque<Fetched> fetched_;
    std::vector<u128> failed_ids_;
    std::vector<std::uint64_t> timestamps_;
    IdIndex by_id_;  // positions in fetched_, or in failed_ids_ with failed_bit
    IdIndex by_row_;
    IdIndex by_timestamp_;
};

}  // namespace elytra::engine
