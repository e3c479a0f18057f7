#include "server/engine/working_set.hpp"

namespace elytra::engine {

using ledger::TransferRow;

void WorkingSet::clear() {
    if (empty()) return;
    fetched_.clear();
    failed_ids_.clear();
    timestamps_.clear();
    by_id_.clear();
    by_row_.clear();
    by_timestamp_.clear();
}

void WorkingSet::add(TransferRow row, const TransferRecord& record) {
    if (this->record(row) != nullptr) return;
    const auto position = narrow<std::uint32_t>(fetched_.size());
    fetched_.push_back({.row = row, .record = record});
    by_id_.insert(record.transfer.id, position);
    by_row_.insert(row.value, position);
}

void WorkingSet::add_failed(u128 id) {
    if (find(id).state != ledger::IdState::unknown) return;
    const auto position = narrow<std::uint32_t>(failed_ids_.size());
    failed_ids_.push_back(id);
    by_id_.insert(id, position | failed_bit);
}

void WorkingSet::add_timestamp(std::uint64_t timestamp) {
    if (has_timestamp(timestamp)) return;
    const auto position = narrow<std::uint32_t>(timestamps_.size());
    timestamps_.push_back(timestamp);
    by_timestamp_.insert(timestamp, position);
}

ledger::TransferSearch WorkingSet::search(u128 id) const {
    const std::optional<std::uint32_t> found = by_id_.find(id, [&](std::uint32_t candidate) {
        if ((candidate & failed_bit) != 0) return failed_ids_[candidate & ~failed_bit] == id;
        return fetched_[candidate].record.transfer.id == id;
    });
    if (!found.has_value()) return {};
    if ((*found & failed_bit) != 0) return {.state = ledger::IdState::failed, .row = {}};
    return {.state = ledger::IdState::created, .row = fetched_[*found].row};
}

const TransferRecord* WorkingSet::record(TransferRow row) const {
    if (fetched_.empty()) return nullptr;
    const std::optional<std::uint32_t> position = by_row_.find(
        row.value, [&](std::uint32_t candidate) { return fetched_[candidate].row == row; });
    return position.has_value() ? &fetched_[*position].record : nullptr;
}

bool WorkingSet::has_timestamp(std::uint64_t timestamp) const {
    return by_timestamp_
        .find(timestamp,
              [&](std::uint32_t candidate) { return timestamps_[candidate] == timestamp; })
        .has_value();
}

}  // namespace elytra::engine
