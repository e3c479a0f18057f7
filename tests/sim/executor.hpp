#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "server/common/prng.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::sim {

// The second core of a simulated machine: runs the jobs of a replica one after the other, each from
// immediately to late, and tells of its end later still.
class Executor {
public:
    // Of turns in which the job at hand gets on; 0: every job is done within the turn.
    Executor(std::uint32_t step_percent, std::uint64_t seed)
        : step_percent_(step_percent), prng_(seed) {}

    void submit(std::span<const storage::Compute> computes);

    bool busy() const { return !jobs_.empty(); }

    void begin_turn();

    // The next job that is reported in this turn.
    std::optional<storage::IoToken> next_done();

    // The process is gone, and its jobs with it.
    void crash() { jobs_.clear(); }

    // Nothing takes time from now on.
    void calm() { step_percent_ = 0; }

private:
    struct RunningJob {
        storage::Compute compute;
        bool ran = false;
    };

    static constexpr std::uint32_t unbounded = UINT32_MAX;

    std::uint32_t step_percent_;
    Prng prng_;
    std::uint32_t steps_ = 0;  // of this turn: a job runs in one, and is reported in another
    std::deque<RunningJob> jobs_;
};

}  // namespace elytra::sim
