#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace elytra::test {

struct PropertyReport {
    // None when both always agreed; otherwise the seed, the first difference and the fewest steps
    // found that still lead to one.
    std::optional<std::string> difference;
    // How often each status was answered.
    std::map<std::uint32_t, std::uint64_t> account_statuses;
    std::map<std::uint32_t, std::uint64_t> transfer_statuses;
    // What the engine did meanwhile.
    std::uint64_t checkpoints = 0;
    std::uint64_t merges = 0;  // whose result was in the last checkpoint of a life
    std::uint64_t pages_read = 0;
};

// Compares the state machine with NaiveLedger on requests drawn from the seed, in many short lives
// of a ledger, until `event_count` events were created or refused.
PropertyReport check_ledger_property(std::uint64_t seed, std::uint64_t event_count);

}  // namespace elytra::test
