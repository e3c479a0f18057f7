#include "orchestrator/campaign/sweep_result.hpp"

#include <algorithm>

#include "orchestrator/statistics/descriptive.hpp"

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
            .steady = measured.steady,
            .carried = measured.carried_out,
            .backlog_served = measured.backlog_served,
            .served_series = measured.served_series,
            .p99_series = measured.p99_series};
}

std::vector<SweepStep> sweep_steps(std::span<const Measured> measured) {
    std::vector<SweepStep> steps;
    for (const Measured& one : measured) {
        const bool swept =
            one.direction == plan::Direction::up || one.direction == plan::Direction::down;
        if (swept && one.completion == run::Completion::complete) steps.push_back(sweep_step(one));
    }
    return steps;
}

statistics::Recovery recovery_of(std::span<const Measured> measured,
                                 std::span<const elytra::bench::TrafficInterval> intervals) {
    const Measured& after = measured.back();
    std::optional<double> p99;
    for (const SweepStep& step : sweep_steps(measured)) {
        if (step.direction != SweepDirection::up) continue;
        if (step.fraction != after.rate_fraction || step.p99_series.empty()) continue;
        if (!statistics::keeps_up(step, std::nullopt)) continue;
        p99 = step.p99_microseconds.value_or(statistics::median(step.p99_series));
    }
    statistics::Recovery recovery = statistics::find_recovery(intervals, p99);
    recovery.fraction = after.rate_fraction.value_or(0);
    recovery.carried = after.carried_in;
    return recovery;
}

report::Sweep sweep_result(std::span<const Measured> measured,
                           std::optional<double> p99_max_microseconds) {
    const std::vector<SweepStep> steps = sweep_steps(measured);
    const auto recovery = std::ranges::find_if(
        measured, [](const Measured& one) { return one.recovery.has_value(); });
    return {.ceiling = probed_rate(measured).value_or(0),
            .steps = steps,
            .knee = statistics::find_knee(steps, p99_max_microseconds),
            .hysteresis = statistics::find_hysteresis(steps),
            .recovery = recovery == measured.end() ? std::nullopt : recovery->recovery};
}

}  // namespace elytractl::campaign
