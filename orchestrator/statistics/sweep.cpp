#include "orchestrator/statistics/sweep.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "orchestrator/statistics/descriptive.hpp"

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

constexpr std::size_t parts_min = 5;
constexpr std::size_t parts_max = 10;
constexpr double served_difference_min = 0.005;  // of the offer
constexpr double p99_difference_min = 0.1;       // of the smaller one

// The medians of equal parts of a series; none of one that is too short to be cut.
std::vector<double> parts_of(std::span<const double> series) {
    const std::size_t count = std::min(series.size(), parts_max);
    std::vector<double> parts;
    if (count < parts_min) return parts;
    for (std::size_t part = 0; part < count; ++part) {
        const std::size_t begin = part * series.size() / count;
        const std::size_t end = (part + 1) * series.size() / count;
        parts.push_back(median({series.begin() + static_cast<std::ptrdiff_t>(begin),
                                series.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
    return parts;
}

PathEffect compare_series(std::span<const double> up, std::span<const double> down,
                          double difference_min) {
    const std::vector<double> one = parts_of(up);
    const std::vector<double> other = parts_of(down);
    if (one.empty() || other.empty()) return PathEffect::undecided;
    const bool apart = std::ranges::max(one) < std::ranges::min(other) ||
                       std::ranges::max(other) < std::ranges::min(one);
    const bool matters = std::abs(median(one) - median(other)) > difference_min;
    return apart && matters ? PathEffect::found : PathEffect::none;
}

StepPair compare(const SweepStep& up, const SweepStep& down) {
    StepPair pair{.up = up, .down = down};
    pair.served =
        compare_series(up.served_series, down.served_series, served_difference_min * up.offered);
    if (up.backlog_served > 0 || down.backlog_served > 0) pair.served = PathEffect::found;
    if (up.p99_series.empty() || down.p99_series.empty()) return pair;
    const double p99 = std::min(median(up.p99_series), median(down.p99_series));
    pair.p99 = compare_series(up.p99_series, down.p99_series, p99_difference_min * p99);
    return pair;
}

// Found where any pair has it; none where all pairs are known not to have it.
PathEffect effect_of(std::span<const StepPair> pairs) {
    const auto any = [&](PathEffect effect) {
        return std::ranges::any_of(pairs, [&](const StepPair& pair) {
            return pair.served == effect || pair.p99 == effect;
        });
    };
    if (any(PathEffect::found)) return PathEffect::found;
    return pairs.empty() || any(PathEffect::undecided) ? PathEffect::undecided : PathEffect::none;
}

std::string difference_text(const StepPair& pair) {
    std::string text = fmt::format("at {:.0f} %", 100 * pair.up.fraction);
    if (pair.served == PathEffect::found) {
        text += fmt::format(" {:.0f}/s were served on the way up and {:.0f}/s on the way down",
                            pair.up.accepted, pair.down.accepted);
    }
    if (pair.p99 == PathEffect::found) {
        text += fmt::format("{} p99 was {:.1f} ms up and {:.1f} ms down",
                            pair.served == PathEffect::found ? "," : "",
                            median(pair.up.p99_series) / 1000, median(pair.down.p99_series) / 1000);
    }
    return text;
}

std::string sentence_of(const Hysteresis& hysteresis) {
    switch (hysteresis.effect) {
        case PathEffect::none:
            return "no hysteresis: what is served, and p99, are the same up and down but for noise";
        case PathEffect::undecided:
            return "hysteresis undecided: not every fraction was measured for five intervals up "
                   "and down";
        case PathEffect::found:
            break;
    }
    std::string text = "hysteresis:";
    const char* separator = " ";
    for (const StepPair& pair : hysteresis.pairs) {
        if (pair.served != PathEffect::found && pair.p99 != PathEffect::found) continue;
        text += separator + difference_text(pair);
        separator = "; ";
    }
    return text;
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

const std::string_view hysteresis_rule =
    "A number differs where the medians of the tenths of one measurement all lie beyond those of "
    "the other, by more than 0.5 % of the offer or 10 % of the 99th percentile, or where a backlog "
    "of the steps before was served in one of them.";

std::string_view path_effect_name(PathEffect effect) {
    constexpr std::array<std::string_view, 3> names{"none", "found", "undecided"};
    return names[static_cast<std::size_t>(effect)];
}

Hysteresis find_hysteresis(std::span<const SweepStep> steps) {
    Hysteresis hysteresis;
    for (const SweepStep& down : steps) {
        if (down.direction != SweepDirection::down) continue;
        const auto up = std::ranges::find_if(steps, [&](const SweepStep& one) {
            return one.direction == SweepDirection::up && one.fraction == down.fraction;
        });
        if (up != steps.end()) hysteresis.pairs.push_back(compare(*up, down));
    }
    std::ranges::sort(hysteresis.pairs, {}, [](const StepPair& pair) { return pair.up.fraction; });
    hysteresis.effect = effect_of(hysteresis.pairs);
    hysteresis.sentence = sentence_of(hysteresis);
    return hysteresis;
}

bool is_saturated(std::span<const SweepStep> steps) {
    if (steps.size() < 2) return false;
    return std::ranges::all_of(steps.last(2), [](const SweepStep& step) {
        return step.direction == SweepDirection::up && served_share(step) < served_saturated;
    });
}

}  // namespace elytractl::statistics
