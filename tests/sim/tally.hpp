#pragma once

#include <array>
#include <cstdint>

#include "server/common/int.hpp"
#include "tests/sim/device.hpp"

namespace elytra::sim {

// What happened in a run, or in many: shows which rare paths were reached.
struct Tally {
    std::uint64_t runs = 0;
    std::uint64_t runs_refused = 0;  // ended because the replica refused a damaged file
    std::uint64_t requests_answered = 0;
    std::uint64_t replies_resent = 0;
    std::uint64_t evictions = 0;
    std::uint64_t sessions_pushed_out = 0;
    std::uint64_t ops = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t log_bytes = 0;
    std::uint64_t crashes = 0;
    std::uint64_t crashes_while_opening = 0;
    std::uint64_t crashes_with_writes_at_risk = 0;
    std::uint64_t torn_logs = 0;
    std::uint64_t wall_steps = 0;
    std::uint64_t space_shortages = 0;
    std::array<std::uint64_t, media_faults_count> media_faults{};

    Tally& operator+=(const Tally& other) {
        runs += other.runs;
        runs_refused += other.runs_refused;
        requests_answered += other.requests_answered;
        replies_resent += other.replies_resent;
        evictions += other.evictions;
        sessions_pushed_out += other.sessions_pushed_out;
        ops += other.ops;
        checkpoints += other.checkpoints;
        log_bytes += other.log_bytes;
        crashes += other.crashes;
        crashes_while_opening += other.crashes_while_opening;
        crashes_with_writes_at_risk += other.crashes_with_writes_at_risk;
        torn_logs += other.torn_logs;
        wall_steps += other.wall_steps;
        space_shortages += other.space_shortages;
        for (std::size_t i = 0; i < media_faults.size(); ++i) {
            media_faults[i] += other.media_faults[i];
        }
        return *this;
    }
};

struct RunResult {
    Tally tally;
    u128 digest = 0;  // of everything that clients saw and of the data file
};

}  // namespace elytra::sim
