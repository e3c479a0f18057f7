#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elytractl::statistics {

enum class SweepDirection : std::uint8_t { up, down };

// One offered rate of a sweep, as it was measured.
struct SweepStep {
    SweepDirection direction = SweepDirection::up;
    double fraction = 0;  // of the closed-loop maximum
    double offered = 0;   // events a second
    double accepted = 0;
    std::optional<double> p50_microseconds{};
    std::optional<double> p99_microseconds{};  // absent where the samples are too few for it
    double max_microseconds = 0;
    bool steady = false;
    std::uint64_t carried = 0;  // events that the next step had to serve as well
    // Events answered while it was measured that had arrived before, beyond what may be in flight.
    std::uint64_t backlog_served = 0;
    std::vector<double> served_series{};  // events a second, one value an interval
    std::vector<double> p99_series{};     // microseconds, likewise
};

// The highest rate at which a server still keeps up.
struct Knee {
    double rate = 0;  // offered
    std::string slo;  // "p99 <= 40 ms"
};

// What a rate must keep to lie below the knee: 99.5 % of it served, and the 99th percentile within
// the objective, where there is one. Where the percentile is not known, the maximum stands for it.
bool keeps_up(const SweepStep& step, std::optional<double> p99_max_microseconds);

// From the steps on the way up. None when not even the lowest keeps up, or there is no step.
std::optional<Knee> find_knee(std::span<const SweepStep> steps,
                              std::optional<double> p99_max_microseconds);

// The rate to measure next so that the knee is known to 2 %; none when it is, or when no step, or
// every step, keeps up.
std::optional<double> next_knee_rate(std::span<const SweepStep> steps,
                                     std::optional<double> p99_max_microseconds);

// Whether going further up tells nothing: two steps in a row served less than 99 % of the offer.
bool is_saturated(std::span<const SweepStep> steps);

// Whether a number depends on the way by which a rate was reached.
enum class PathEffect : std::uint8_t { none, found, undecided };

std::string_view path_effect_name(PathEffect effect);

// A rate on the way up and on the way down.
struct StepPair {
    SweepStep up;
    SweepStep down;
    PathEffect served = PathEffect::undecided;
    PathEffect p99 = PathEffect::undecided;
};

struct Hysteresis {
    std::vector<StepPair> pairs;  // by ascending fraction
    PathEffect effect = PathEffect::undecided;
    std::string sentence;  // "hysteresis: at 90 % p99 was 12.0 ms up and 80.1 ms down"
};

// How hysteresis is told from noise, as a sentence for reports.
extern const std::string_view hysteresis_rule;

// Compares all fractions that were measured in both directions. A number differs when the medians
// of up to ten equal parts of the one measurement all lie beyond those of the other, which chance
// alone does less than once in a hundred times, and when it differs by enough to matter: 0.5 % of
// the offer, 10 % of the 99th percentile. What is served differs also where a backlog was served
// with it, which is counted and not guessed. Undecided with fewer than five intervals.
Hysteresis find_hysteresis(std::span<const SweepStep> steps);

}  // namespace elytractl::statistics
