#pragma once

#include <cstdint>
#include <vector>

#include "server/engine/account_table.hpp"
#include "server/engine/records.hpp"

namespace elytra::inspect {

// Compares every account with what its newest event left behind, in whatever order events are read.
class AccountTrail {
public:
    explicit AccountTrail(std::uint32_t account_count) : newest_(account_count) {}

    // Of two events at one time the transfer came first.
    enum class Event : std::uint8_t { none, transfer, expiry };

    // Requires: an account that exists.
    void add(Event event, std::uint64_t timestamp, const engine::AccountSnapshot& snapshot);

    // Rows of accounts that differ, after all events were added.
    std::vector<std::uint32_t> differences(const engine::AccountTable& accounts) const;

private:
    struct Newest {
        std::uint64_t timestamp = 0;
        Event event = Event::none;
        engine::AccountSnapshot snapshot;  // zeros before the first event
    };

    std::vector<Newest> newest_;  // by row
};

}  // namespace elytra::inspect
