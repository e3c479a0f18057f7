#include "server/engine/timed_records.hpp"

namespace elytra::engine {

using ledger::TransferRow;

RowRange RecordMemory<TransferRecord>::rows(const LedgerStore& store) {
    return {.first = store.memory_begin().transfers, .end = store.transfer_count()};
}

std::uint64_t RecordMemory<TransferRecord>::timestamp(const LedgerStore& store, std::uint32_t row) {
    return store.transfer(TransferRow{row}).timestamp;
}

TransferRecord RecordMemory<TransferRecord>::record(const LedgerStore& store, std::uint32_t row) {
    const bool active = store.active().has_transfer(TransferRow{row});
    return (active ? store.active() : store.previous()).record(TransferRow{row});
}

RowRange RecordMemory<ExpiryRecord>::rows(const LedgerStore& store) {
    return {.first = store.memory_begin().expiries, .end = store.expiry_count()};
}

std::uint64_t RecordMemory<ExpiryRecord>::timestamp(const LedgerStore& store, std::uint32_t row) {
    const bool active = row >= store.active().begin().expiries;
    const Generation& generation = active ? store.active() : store.previous();
    return generation.expiry_timestamp(row - generation.begin().expiries);
}

ExpiryRecord RecordMemory<ExpiryRecord>::record(const LedgerStore& store, std::uint32_t row) {
    const bool active = row >= store.active().begin().expiries;
    const Generation& generation = active ? store.active() : store.previous();
    return generation.expiry(row - generation.begin().expiries);
}

}  // namespace elytra::engine
