#include "orchestrator/campaign/sweep_result.hpp"

namespace elytractl::campaign {

using statistics::SweepDirection;
using statistics::SweepStep;

std::optional<double> probed_rate(std::span<const Measured> measured) {
    for (const Measured& one : measured) {
        if (one.role != plan::Role::probe) continue;
        if (one.completion == run::Completion::complete) return one.metric("throughput");
    }
    return std::nullopt;
}

std::vector<SweepStep> sweep_steps(std::span<const Measured> measured) {
    std::vector<SweepStep> steps;
    for (const Measured& one : measured) {
        if (one.role != plan::Role::measurement || !one.rate.has_value()) continue;
        if (one.completion != run::Completion::complete) continue;
        const bool down = one.direction == plan::Direction::down;
        steps.push_back({.direction = down ? SweepDirection::down : SweepDirection::up,
                         .fraction = one.rate_fraction.value_or(0),
                         .offered = *one.rate,
                         .accepted = one.metric("throughput").value_or(0),
                         .p50_microseconds = one.metric("batch.p50").value_or(0),
                         .p99_microseconds = one.metric("batch.p99").value_or(0),
                         .steady = one.steady});
    }
    return steps;
}

report::Sweep sweep_result(std::span<const Measured> measured,
                           std::optional<double> p99_max_microseconds) {
    const std::vector<SweepStep> steps = sweep_steps(measured);
    return {.ceiling = probed_rate(measured).value_or(0),
            .steps = steps,
            .knee = statistics::find_knee(steps, p99_max_microseconds),
            .recovery_milliseconds = std::nullopt,
            .law = std::nullopt};
}

}  // namespace elytractl::campaign
