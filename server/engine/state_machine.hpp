#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/memory_store.hpp"
#include "server/engine/queries.hpp"
#include "server/engine/table.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

namespace elytra::engine {

struct StateMachineOptions {
    Limits limits;
    std::uint32_t request_body_max;  // largest body of a request, bytes; told to clients
};

// The ledger as a function: the same operations with the same timestamps leave the same tables and
// give the same replies on every replica. Knows no clock, no sessions and no disk. One thread.
class StateMachine {
public:
    explicit StateMachine(const StateMachineOptions& options);
    StateMachine(const StateMachine&) = delete;
    StateMachine& operator=(const StateMachine&) = delete;

    // Runs one operation and writes the body of its reply; returns the size of that body.
    // Operations without events (register_session, noop) only let time pass. Requires:
    // body_valid(), `body` aligned to 16 bytes, a timestamp later than all before it by at least
    // timestamp_step(), room for wire::body_size_max bytes in `reply`.
    std::size_t execute(wire::Operation operation, std::uint64_t timestamp,
                        std::span<const std::byte> body, std::span<std::byte> reply);

    // How far the timestamp of an operation lies behind the first one that it may use.
    // Requires: body_valid().
    std::uint64_t timestamp_step(wire::Operation operation, std::span<const std::byte> body) const;

    // The earliest time at which a pending transfer expires: once it is reached, a pulse has work
    // to do. pulse_never when nothing is going to expire.
    std::uint64_t pulse_next() const;

    static constexpr std::uint64_t pulse_never = UINT64_MAX;

    // Of the last executed operation; 0 before the first.
    std::uint64_t timestamp() const { return store_.timestamp(); }

    // All persistent state, always the same tables in the same order. Between two execute() calls
    // their chunks may be read as they are.
    std::array<const Table*, MemoryStore::table_count> tables() const { return store_.tables(); }

    // Restoring takes three steps: restore_begin() with the row counts in the order of tables();
    // filling every restore_chunk() with the bytes that chunk() had; restore_finish(), which
    // rebuilds everything else and tells whether the content makes sense. Former content is lost;
    // after a false nothing but another restore_begin() is allowed.
    void restore_begin(std::span<const std::uint32_t> row_counts) {
        store_.restore_begin(row_counts);
    }

    std::span<std::byte> restore_chunk(TableId table, std::size_t chunk) {
        return store_.restore_chunk(table, chunk);
    }

    [[nodiscard]] bool restore_finish() { return store_.restore_finish(); }

private:
    using Lookup = void(const MemoryStore&, std::span<const u128>, ResultWriter&);

    template <class Filter>
    using Query = void(const MemoryStore&, const Filter&, ResultWriter&);

    std::size_t execute_batches(const wire::OperationTraits& traits,
                                std::span<const std::byte> body, std::span<std::byte> reply);
    std::size_t execute_batch(const wire::OperationTraits& traits, std::span<const std::byte> batch,
                              std::span<std::byte> room);

    template <class Rules>
    std::size_t run_create(const wire::OperationTraits& traits, std::span<const std::byte> batch,
                           std::span<std::byte> room);
    std::size_t run_lookup(Lookup* lookup, std::span<const std::byte> batch,
                           std::span<std::byte> room) const;
    template <class Filter>
    std::size_t run_query(Query<Filter>* query, const wire::OperationTraits& traits,
                          std::span<const std::byte> batch, std::span<std::byte> room) const;
    void run_pulse(std::uint64_t timestamp);

    std::uint32_t request_body_max_;
    std::uint32_t expiries_max_;  // of one pulse
    MemoryStore store_;
    std::uint64_t slot_next_ = 0;  // timestamp of the next event of the running operation
    std::vector<wire::CreateResult> results_;    // of the running batch
    std::vector<ledger::TransferRow> expiring_;  // in the running pulse
};

}  // namespace elytra::engine
