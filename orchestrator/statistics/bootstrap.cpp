#include "orchestrator/statistics/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "orchestrator/statistics/descriptive.hpp"
#include "server/common/prng.hpp"

namespace elytractl::statistics {
namespace {

constexpr std::size_t resamples = 9999;
constexpr std::uint64_t seed = 20260901;

double locate(const std::vector<double>& values, Location location) {
    return location == Location::mean ? mean(values) : median(values);
}

std::vector<double> resampled_locations(std::span<const double> values, Location location) {
    elytra::Prng prng(seed);
    std::vector<double> located;
    located.reserve(resamples);
    std::vector<double> drawn(values.size());
    for (std::size_t round = 0; round < resamples; ++round) {
        for (double& value : drawn) value = values[prng.below(values.size())];
        located.push_back(locate(drawn, location));
    }
    std::ranges::sort(located);
    return located;
}

// How fast the spread of the location changes with its value: the skewness of what it becomes when
// one value is left out.
double acceleration(std::span<const double> values, Location location) {
    std::vector<double> without;
    for (std::size_t left_out = 0; left_out < values.size(); ++left_out) {
        std::vector<double> rest(values.begin(), values.end());
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
        without.push_back(locate(rest, location));
    }
    const double centre = mean(without);
    double squares = 0;
    double cubes = 0;
    for (const double value : without) {
        const double distance = centre - value;
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

// The share of the resamples below the location itself, equal ones by half, and never 0 or 1, which
// no finite number of resamples can tell.
double share_below(const std::vector<double>& sorted, double location) {
    const auto [first, last] = std::ranges::equal_range(sorted, location);
    const double below = static_cast<double>(first - sorted.begin());
    const double equal = static_cast<double>(last - first);
    const double count = static_cast<double>(sorted.size());
    return std::clamp((below + equal / 2) / count, 0.5 / count, 1 - 0.5 / count);
}

}  // namespace

std::optional<Interval> bootstrap_interval(std::span<const double> values, Location location,
                                           double confidence) {
    if (values.size() < bootstrap_values_min) return std::nullopt;
    const std::vector<double> sorted = resampled_locations(values, location);
    const double centre = locate(std::vector<double>(values.begin(), values.end()), location);
    const double bias = normal_quantile(share_below(sorted, centre));
    const double bend = acceleration(values, location);
    const auto end_at = [&](double probability) {
        const double moved = bias + normal_quantile(probability);
        const double corrected = normal_probability(bias + moved / (1 - bend * moved));
        const double place = corrected * static_cast<double>(sorted.size());
        return sorted[std::min(static_cast<std::size_t>(place), sorted.size() - 1)];
    };
    const double outside = (1 - confidence) / 2;
    return Interval{.low = end_at(outside), .high = end_at(1 - outside), .confidence = confidence};
}

}  // namespace elytractl::statistics
