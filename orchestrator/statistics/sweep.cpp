#include "orchestrator/statistics/sweep.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace elytractl::statistics {
namespace {

constexpr double served_min = 0.995;
constexpr double served_saturated = 0.99;
constexpr double knee_tolerance = 0.02;
constexpr double recovered_factor = 1.2;
constexpr std::size_t recovered_points = 3;
constexpr std::size_t terms_max = 3;

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

using Row = std::array<double, terms_max>;

// The law turned over is linear: N / X = (1 + sigma (N - 1) + kappa N (N - 1)) / lambda. Divided by
// N / X itself, every point counts by its relative error.
Row terms_of(const ScalePoint& point) {
    const double weight = point.throughput / point.clients;
    const double others = point.clients - 1;
    return {weight, weight * others, weight * point.clients * others};
}

// Solves the normal equations of the terms in use; the others stay 0. False where the points do not
// tell the terms apart.
bool solve(std::span<const ScalePoint> points, const std::array<bool, terms_max>& used,
           Row& solution) {
    std::array<std::array<double, terms_max + 1>, terms_max> rows{};
    for (const ScalePoint& point : points) {
        const Row terms = terms_of(point);
        for (std::size_t row = 0; row < terms_max; ++row) {
            for (std::size_t column = 0; column < terms_max; ++column) {
                rows[row][column] += terms[row] * terms[column];
            }
            rows[row][terms_max] += terms[row];
        }
    }
    for (std::size_t term = 0; term < terms_max; ++term) {
        if (used[term]) continue;
        for (auto& row : rows) row[term] = 0;
        rows[term].fill(0);
        rows[term][term] = 1;
    }
    for (std::size_t pivot = 0; pivot < terms_max; ++pivot) {
        // The matrix is symmetric and positive: the diagonal is a good enough pivot.
        const double scale = rows[pivot][pivot];
        if (!(scale > 1e-12)) return false;
        for (double& cell : rows[pivot]) cell /= scale;
        for (std::size_t row = 0; row < terms_max; ++row) {
            if (row == pivot) continue;
            const double factor = rows[row][pivot];
            for (std::size_t column = 0; column <= terms_max; ++column) {
                rows[row][column] -= factor * rows[pivot][column];
            }
        }
    }
    for (std::size_t term = 0; term < terms_max; ++term) solution[term] = rows[term][terms_max];
    return true;
}

double relative_error(std::span<const ScalePoint> points, const Row& solution) {
    double sum = 0;
    for (const ScalePoint& point : points) {
        const Row terms = terms_of(point);
        double error = -1;
        for (std::size_t term = 0; term < terms_max; ++term) error += terms[term] * solution[term];
        sum += error * error;
    }
    return sum;
}

double fit_of(const ScalabilityLaw& law, std::span<const ScalePoint> points) {
    double centre = 0;
    for (const ScalePoint& point : points) centre += point.throughput;
    centre /= static_cast<double>(points.size());
    double residuals = 0;
    double total = 0;
    for (const ScalePoint& point : points) {
        residuals += std::pow(point.throughput - law.throughput(point.clients), 2);
        total += std::pow(point.throughput - centre, 2);
    }
    return total > 0 ? 1 - residuals / total : 1;
}

const SweepStep* step_up(std::span<const SweepStep> steps, double fraction) {
    for (const SweepStep& step : steps) {
        if (step.direction == SweepDirection::up && step.fraction == fraction) return &step;
    }
    return nullptr;
}

}  // namespace

bool keeps_up(const SweepStep& step, std::optional<double> p99_max_microseconds) {
    if (served_share(step) < served_min) return false;
    return !p99_max_microseconds || step.p99_microseconds <= *p99_max_microseconds;
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

std::vector<Hysteresis> find_hysteresis(std::span<const SweepStep> steps) {
    std::vector<Hysteresis> found;
    for (const SweepStep& down : steps) {
        if (down.direction != SweepDirection::down) continue;
        const SweepStep* const up = step_up(steps, down.fraction);
        if (up == nullptr || up->accepted <= 0 || up->p99_microseconds <= 0) continue;
        found.push_back({.fraction = down.fraction,
                         .throughput_loss = 1 - down.accepted / up->accepted,
                         .p99_factor = down.p99_microseconds / up->p99_microseconds});
    }
    return found;
}

std::optional<std::uint64_t> recovery_nanoseconds(std::span<const RecoveryPoint> points,
                                                  double normal_p99_microseconds) {
    std::size_t normal_in_a_row = 0;
    for (std::size_t index = 0; index < points.size(); ++index) {
        const bool normal =
            points[index].p99_microseconds <= recovered_factor * normal_p99_microseconds;
        normal_in_a_row = normal ? normal_in_a_row + 1 : 0;
        if (normal_in_a_row == recovered_points) {
            return points[index + 1 - recovered_points].end_nanoseconds;
        }
    }
    return std::nullopt;
}

double ScalabilityLaw::throughput(double clients) const {
    return lambda * clients / (1 + sigma * (clients - 1) + kappa * clients * (clients - 1));
}

std::optional<double> ScalabilityLaw::best_clients() const {
    if (kappa <= 0) return std::nullopt;
    return std::sqrt(std::max(0.0, 1 - sigma) / kappa);
}

std::optional<ScalabilityLaw> fit_scalability(std::span<const ScalePoint> points) {
    std::set<double> numbers;
    for (const ScalePoint& point : points) {
        if (point.clients < 1 || point.throughput <= 0) return std::nullopt;
        numbers.insert(point.clients);
    }
    if (numbers.size() < terms_max) return std::nullopt;
    // With two terms that may be 0, the four ways to leave them out are tried one by one.
    constexpr std::array<std::array<bool, terms_max>, 4> choices{
        {{true, true, true}, {true, true, false}, {true, false, true}, {true, false, false}}};
    std::optional<Row> best;
    for (const auto& used : choices) {
        Row solution{};
        if (!solve(points, used, solution)) continue;
        if (solution[0] <= 0 || solution[1] < 0 || solution[2] < 0) continue;
        if (!best || relative_error(points, solution) < relative_error(points, *best)) {
            best = solution;
        }
    }
    if (!best) return std::nullopt;
    ScalabilityLaw law{.lambda = 1 / (*best)[0],
                       .sigma = (*best)[1] / (*best)[0],
                       .kappa = (*best)[2] / (*best)[0]};
    law.fit = fit_of(law, points);
    return law;
}

}  // namespace elytractl::statistics
