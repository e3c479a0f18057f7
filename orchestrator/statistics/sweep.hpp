#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace elytractl::statistics {

enum class SweepDirection : std::uint8_t { up, down };

// One offered rate of a sweep, as it was measured.
struct SweepStep {
    SweepDirection direction = SweepDirection::up;
    double fraction = 0;  // of the closed-loop maximum
    double offered = 0;   // events a second
    double accepted = 0;
    std::optional<double> p50_microseconds;
    std::optional<double> p99_microseconds;  // absent where the samples are too few for it
    double max_microseconds = 0;
    bool steady = false;
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

}  // namespace elytractl::statistics
