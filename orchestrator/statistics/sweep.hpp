#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace elytractl::statistics {

enum class SweepDirection : std::uint8_t { up, down };

// One offered rate of a sweep, as it was measured.
struct SweepStep {
    SweepDirection direction = SweepDirection::up;
    double fraction = 0;  // of the closed-loop maximum
    double offered = 0;   // events a second
    double accepted = 0;
    double p50_microseconds = 0;
    double p99_microseconds = 0;
    bool steady = false;
};

// The highest rate at which a server still keeps up.
struct Knee {
    double rate = 0;  // offered
    std::string slo;  // "p99 <= 40 ms"
};

// What a rate must keep to lie below the knee: 99.5 % of it served, and the 99th percentile within
// the objective, where there is one.
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

// What the way down shows at a rate against the way up: the share by which throughput is lower and
// the factor by which the 99th percentile is higher. Above 1.1 the overload is still felt.
struct Hysteresis {
    double fraction = 0;
    double throughput_loss = 0;
    double p99_factor = 1;
};

std::vector<Hysteresis> find_hysteresis(std::span<const SweepStep> steps);

// A point of the series after the rate dropped back from overload.
struct RecoveryPoint {
    std::uint64_t end_nanoseconds = 0;  // since the drop
    double p99_microseconds = 0;
};

// From the drop to the end of the first of three points in a row whose latency is within a fifth of
// what was normal at this rate before. None: it did not recover, the state is metastable.
std::optional<std::uint64_t> recovery_nanoseconds(std::span<const RecoveryPoint> points,
                                                  double normal_p99_microseconds);

struct ScalePoint {
    double clients = 0;  // at least 1
    double throughput = 0;
};

// The Universal Scalability Law (Gunther): throughput = lambda N / (1 + sigma (N - 1) + kappa N
// (N - 1)).
struct ScalabilityLaw {
    double lambda = 0;  // of one client
    double sigma = 0;   // contention: the share that is done one after the other
    double kappa = 0;   // what each pair costs one another
    double fit = 0;     // R squared

    double throughput(double clients) const;

    // The number of clients with the highest throughput; none where more are always better.
    std::optional<double> best_clients() const;
};

// Least squares of the relative errors, with sigma and kappa not below 0. None for fewer than three
// numbers of clients.
std::optional<ScalabilityLaw> fit_scalability(std::span<const ScalePoint> points);

}  // namespace elytractl::statistics
