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

SweepStep sweep_step(const Measured& measured) {
    const bool down = measured.direction == plan::Direction::down;
    return {.direction = down ? SweepDirection::down : SweepDirection::up,
            .fraction = measured.rate_fraction.value_or(0),
            .offered = measured.rate.value_or(0),
            .accepted = measured.metric("throughput").value_or(0),
            .p50_microseconds = measured.metric("batch.p50"),
            .p99_microseconds = measured.metric("batch.p99"),
            .max_microseconds = measured.metric("batch.max").value_or(0),
            .steady = measured.steady};
}

std::vector<SweepStep> sweep_steps(std::span<const Measured> measured) {
    std::vector<SweepStep> steps;
    for (const Measured& one : measured) {
        if (one.direction.has_value() && one.completion == run::Completion::complete) {
            steps.push_back(sweep_step(one));
        }
    }
    return steps;
}

report::Sweep sweep_result(std::span<const Measured> measured,
                           std::optional<double> p99_max_microseconds) {
    const std::vector<SweepStep> steps = sweep_steps(measured);
    return {.ceiling = probed_rate(measured).value_or(0),
            .steps = steps,
            .knee = statistics::find_knee(steps, p99_max_microseconds)};
}

}  // namespace elytractl::campaign
