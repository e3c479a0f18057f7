#include "tests/sim/executor.hpp"

#include "server/common/job.hpp"

namespace elytra::sim {
namespace {

constexpr std::uint64_t steps_per_turn_max = 6;

}  // namespace

void Executor::submit(std::span<const storage::Compute> computes) {
    for (const storage::Compute& compute : computes) jobs_.push_back({.compute = compute});
}

void Executor::begin_turn() {
    steps_ = unbounded;
    if (step_percent_ == 0) return;
    const auto steps = static_cast<std::uint32_t>(1 + prng_.below(steps_per_turn_max));
    steps_ = prng_.chance(step_percent_, 100) ? steps : 0;
}

std::optional<storage::IoToken> Executor::next_done() {
    while (!jobs_.empty() && steps_ > 0) {
        if (steps_ != unbounded) --steps_;
        RunningJob& job = jobs_.front();
        if (!job.ran) {
            job.compute.job->run();
            job.ran = true;
            continue;
        }
        const storage::IoToken token = job.compute.token;
        jobs_.pop_front();
        return token;
    }
    return std::nullopt;
}

}  // namespace elytra::sim
