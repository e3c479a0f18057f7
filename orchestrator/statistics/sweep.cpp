#include "orchestrator/statistics/sweep.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace elytractl::statistics {
namespace {

constexpr double served_min = 0.995;
constexpr double served_saturated = 0.99;
constexpr double knee_tolerance = 0.02;

double served_share(const SweepStep& step) {
    return step.offered > 0 ? step.accepted / step.offered : 0;
}

// Between the highest rate that keeps up and the lowest above it that does not. A rate that keeps
// up above one that does not is luck and does not count.
struct Bracket {
    std::optional<double> low;
    std::optional<double> high;
};

Bracket bracket_knee(std::span<const SweepStep> steps, std::optional<double> p99_max) {
    Bracket bracket;
    for (const SweepStep& step : steps) {
        if (step.direction != SweepDirection::up || keeps_up(step, p99_max)) continue;
        if (!bracket.high || step.offered < *bracket.high) bracket.high = step.offered;
    }
    for (const SweepStep& step : steps) {
        if (step.direction != SweepDirection::up || !keeps_up(step, p99_max)) continue;
        if (bracket.high && step.offered >= *bracket.high) continue;
        if (!bracket.low || step.offered > *bracket.low) bracket.low = step.offered;
    }
    return bracket;
}

}  // namespace

bool keeps_up(const SweepStep& step, std::optional<double> p99_max_microseconds) {
    if (served_share(step) < served_min) return false;
    if (!p99_max_microseconds) return true;
    return step.p99_microseconds.value_or(step.max_microseconds) <= *p99_max_microseconds;
}

std::optional<Knee> find_knee(std::span<const SweepStep> steps,
                              std::optional<double> p99_max_microseconds) {
    const Bracket bracket = bracket_knee(steps, p99_max_microseconds);
    if (!bracket.low) return std::nullopt;
    Knee knee{.rate = *bracket.low, .slo = "99.5 % served"};
    if (p99_max_microseconds) {
        knee.slo = fmt::format("p99 <= {:g} ms", *p99_max_microseconds / 1000);
    }
    return knee;
}

std::optional<double> next_knee_rate(std::span<const SweepStep> steps,
                                     std::optional<double> p99_max_microseconds) {
    const Bracket bracket = bracket_knee(steps, p99_max_microseconds);
    if (!bracket.low || !bracket.high) return std::nullopt;
    const double middle = (*bracket.low + *bracket.high) / 2;
    if (*bracket.high - *bracket.low <= 2 * knee_tolerance * middle) return std::nullopt;
    return middle;
}

bool is_saturated(std::span<const SweepStep> steps) {
    if (steps.size() < 2) return false;
    return std::ranges::all_of(steps.last(2), [](const SweepStep& step) {
        return step.direction == SweepDirection::up && served_share(step) < served_saturated;
    });
}

}  // namespace elytractl::statistics
