#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/latency_histogram.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

enum class Stage : std::uint8_t {
    register_sessions,
    create_accounts,
    create_transfers,
    get_account_transfers,
    validate_accounts,
    validate_transfers,
};

inline constexpr std::size_t stage_count = 6;

struct StageResult {
    std::uint64_t requests = 0;             // answered
    std::uint64_t events = 0;               // sent in them: accounts, transfers, filters, ids
    std::uint64_t accepted = 0;             // created, found equal, or answered
    std::uint64_t started_nanoseconds = 0;  // since the start of the load
    std::uint64_t nanoseconds = 0;          // from the first request to the last answer
    LatencyHistogram latency;               // of requests

    // Accepted events a second; 0 without a duration.
    std::uint64_t throughput() const;
};

// What a load did and what it measured. `errors` tells every way in which an answer was not what it
// had to be, once, with a count; a load without errors has done all it was asked for.
struct LoadResult {
    WallTime started;
    std::array<StageResult, stage_count> stages;
    std::uint64_t checksum_nanoseconds = 0;  // of a full message; 0 where not asked for
    std::vector<std::string> errors;

    StageResult& stage(Stage stage) { return stages[static_cast<std::size_t>(stage)]; }

    const StageResult& stage(Stage stage) const { return stages[static_cast<std::size_t>(stage)]; }

    bool passed() const { return errors.empty(); }
};

}  // namespace elytra::bench
