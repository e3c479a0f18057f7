#include "server/engine/working_set.hpp"

#include "server/forest/filter.hpp"

namespace elytra::engine {

std::size_t WorkingSet::HashId::operator()(u128 id) const { return forest::hash_of(id); }

void WorkingSet::clear() {
    records_.clear();
    rows_.clear();
    failed_ids_.clear();
    timestamps_.clear();
}

void WorkingSet::add(ledger::TransferRow row, const TransferRecord& record) {
    rows_.emplace(record.transfer.id, row.value);
    records_.emplace(row.value, record);
}

void WorkingSet::add_failed(u128 id) { failed_ids_.insert(id); }

void WorkingSet::add_timestamp(std::uint64_t timestamp) { timestamps_.insert(timestamp); }

ledger::TransferSearch WorkingSet::find(u128 id) const {
    if (const auto row = rows_.find(id); row != rows_.end()) {
        return {.state = ledger::IdState::created, .row = ledger::TransferRow{row->second}};
    }
    if (failed_ids_.contains(id)) return {.state = ledger::IdState::failed, .row = {}};
    return {};
}

const TransferRecord* WorkingSet::record(ledger::TransferRow row) const {
    const auto found = records_.find(row.value);
    return found == records_.end() ? nullptr : &found->second;
}

}  // namespace elytra::engine
