#include "orchestrator/statistics/scalability.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "server/common/assert.hpp"

namespace elytractl::statistics {
namespace {

constexpr std::size_t parameters = 3;

// N / X is linear in 1/lambda, sigma/lambda and kappa/lambda; these are what each is multiplied by.
// Divided by N / X itself, so that errors are shares.
using Row = std::array<double, parameters>;

Row row_of(const ScalePoint& point) {
    const double n = point.clients;
    const double weight = point.throughput / n;
    return {weight, weight * (n - 1), weight * n * (n - 1)};
}

// Which of sigma and kappa are not held at 0.
struct Free {
    bool sigma = false;
    bool kappa = false;
};

// Elimination with the largest pivot; none where the equations do not tell the unknowns apart.
std::optional<std::vector<double>> solve(std::vector<std::vector<double>> equations) {
    const std::size_t count = equations.size();
    for (std::size_t column = 0; column < count; ++column) {
        const auto pivot = std::ranges::max_element(
            equations.begin() + static_cast<std::ptrdiff_t>(column), equations.end(), {},
            [column](const std::vector<double>& equation) { return std::abs(equation[column]); });
        std::swap(*pivot, equations[column]);
        if (equations[column][column] == 0) return std::nullopt;
        for (std::size_t row = 0; row < count; ++row) {
            if (row == column) continue;
            const double factor = equations[row][column] / equations[column][column];
            for (std::size_t at = column; at <= count; ++at) {
                equations[row][at] -= factor * equations[column][at];
            }
        }
    }
    std::vector<double> unknowns;
    for (std::size_t row = 0; row < count; ++row) {
        unknowns.push_back(equations[row][count] / equations[row][row]);
    }
    return unknowns;
}

// The normal equations of those parameters that are free; every row shall give 1.
std::optional<Row> least_squares(std::span<const Row> rows, Free free) {
    std::vector<std::size_t> used{0};
    if (free.sigma) used.push_back(1);
    if (free.kappa) used.push_back(2);
    // Columns differ by orders of magnitude; scaled they are solved without loss.
    Row scale{};
    for (const Row& row : rows) {
        for (const std::size_t at : used) scale[at] = std::max(scale[at], std::abs(row[at]));
    }
    std::vector<std::vector<double>> equations(used.size(),
                                               std::vector<double>(used.size() + 1, 0.0));
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < used.size(); ++i) {
            const double left = row[used[i]] / scale[used[i]];
            for (std::size_t j = 0; j < used.size(); ++j) {
                equations[i][j] += left * row[used[j]] / scale[used[j]];
            }
            equations[i].back() += left;
        }
    }
    const auto solved = solve(std::move(equations));
    if (!solved.has_value()) return std::nullopt;
    Row coefficients{};
    for (std::size_t i = 0; i < used.size(); ++i) {
        coefficients[used[i]] = (*solved)[i] / scale[used[i]];
    }
    return coefficients;
}

double squares_of(std::span<const Row> rows, const Row& coefficients) {
    double sum = 0;
    for (const Row& row : rows) {
        double error = -1;
        for (std::size_t at = 0; at < parameters; ++at) error += row[at] * coefficients[at];
        sum += error * error;
    }
    return sum;
}

// The best with no parameter below 0. With so few it is found by holding each at 0 in turn.
std::optional<Row> best_fit(std::span<const Row> rows) {
    std::optional<Row> best;
    for (const Free free : {Free{true, true}, Free{true, false}, Free{false, true}, Free{}}) {
        const std::optional<Row> found = least_squares(rows, free);
        if (!found.has_value() || (*found)[0] <= 0) continue;
        if ((*found)[1] < 0 || (*found)[2] < 0) continue;
        if (!best.has_value() || squares_of(rows, *found) < squares_of(rows, *best)) best = found;
    }
    return best;
}

}  // namespace

double Scalability::at(double clients) const {
    return lambda * clients / (1 + sigma * (clients - 1) + kappa * clients * (clients - 1));
}

std::optional<double> Scalability::peak_clients() const {
    if (kappa <= 0) return std::nullopt;
    return std::max(1.0, std::sqrt(std::max(0.0, 1 - sigma) / kappa));
}

std::optional<Scalability> fit_scalability(std::span<const ScalePoint> points) {
    std::set<double> different;
    std::vector<Row> rows;
    for (const ScalePoint& point : points) {
        ELYTRA_ASSERT(point.clients > 0);
        ELYTRA_ASSERT(point.throughput > 0);
        different.insert(point.clients);
        rows.push_back(row_of(point));
    }
    if (different.size() < scale_points_min) return std::nullopt;
    const std::optional<Row> found = best_fit(rows);
    if (!found.has_value()) return std::nullopt;
    const double lambda = 1 / (*found)[0];
    Scalability fit{
        .lambda = lambda, .sigma = (*found)[1] * lambda, .kappa = (*found)[2] * lambda, .error = 0};
    for (const ScalePoint& point : points) {
        fit.error = std::max(fit.error, std::abs(fit.at(point.clients) / point.throughput - 1));
    }
    return fit;
}

}  // namespace elytractl::statistics
