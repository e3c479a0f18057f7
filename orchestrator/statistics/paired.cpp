#include "orchestrator/statistics/paired.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "orchestrator/statistics/descriptive.hpp"
#include "orchestrator/statistics/signed_rank.hpp"
#include "server/common/assert.hpp"

namespace elytractl::statistics {
namespace {

constexpr std::size_t pairs_min = 6;  // the signed-rank test can reject at 5 % from here on
constexpr double power = 0.9;
constexpr double signed_rank_efficiency = 3 / 3.14159265358979;  // against the t-test
constexpr std::size_t look_first =
    10;  // its share of the significance must be in reach of the test
constexpr std::size_t look_step_min = 6;
constexpr std::size_t looks_max = 8;

std::vector<double> log_ratios(std::span<const Pair> pairs) {
    std::vector<double> ratios;
    ratios.reserve(pairs.size());
    for (const Pair& pair : pairs) {
        ELYTRA_ASSERT(pair.a > 0);
        ELYTRA_ASSERT(pair.b > 0);
        ratios.push_back(std::log(pair.b / pair.a));
    }
    return ratios;
}

double distance_of(const Interval& interval) {
    return std::max(std::abs(interval.low), std::abs(interval.high));
}

// Of a logarithm of a ratio, as a share: 0.05 is 5 %, in the larger of both directions.
double share_of(double distance) { return std::expm1(distance); }

// How many pairs tell the difference that is likely there, or the smallest that matters, from none.
std::size_t more_pairs(std::span<const double> ratios, double estimate,
                       const CompareOptions& options) {
    if (ratios.size() < pairs_min) return pairs_min - ratios.size();
    const double deviation = standard_deviation(ratios);
    const double error = deviation / std::sqrt(static_cast<double>(ratios.size()));
    const double smallest = std::log1p(std::max(options.difference_min, options.noise_floor));
    const double sought = std::max(smallest, std::abs(estimate) - error);
    const double quantiles = normal_quantile(1 - options.significance / 2) + normal_quantile(power);
    const double needed = std::pow(quantiles * deviation / sought, 2) / signed_rank_efficiency;
    const auto total = static_cast<std::size_t>(std::ceil(needed));
    const std::size_t more = total > ratios.size() ? total - ratios.size() : 1;
    return more + (ratios.size() + more) % 2;  // blocks are balanced in twos
}

Difference decide(const Comparison& comparison, double estimate, const CompareOptions& options) {
    if (!comparison.interval.has_value()) return Difference::undecided;
    const double floor = std::log1p(options.noise_floor);
    if (comparison.p_value <= options.significance && std::abs(estimate) > floor) {
        const bool higher_is_better = options.better == Better::higher;
        return (estimate > 0) == higher_is_better ? Difference::better : Difference::worse;
    }
    const double allowed = std::max(floor, std::log1p(options.difference_min));
    return distance_of(*comparison.interval) <= allowed ? Difference::none : Difference::undecided;
}

std::string percent(double log_ratio) {
    return fmt::format("{:+.1f}", std::expm1(log_ratio) * 100);
}

std::string measured(double estimate, const Comparison& comparison, const CompareOptions& options) {
    if (!comparison.interval.has_value()) {
        return fmt::format("{} {} %", options.metric, percent(estimate));
    }
    return fmt::format("{} {} % [{}, {}]", options.metric, percent(estimate),
                       percent(comparison.interval->low), percent(comparison.interval->high));
}

void put_into_words(Comparison& comparison, double estimate, const CompareOptions& options) {
    const std::string numbers = measured(estimate, comparison, options);
    switch (comparison.difference) {
        case Difference::better:
        case Difference::worse:
            comparison.verdict = difference_name(comparison.difference);
            comparison.sentence =
                fmt::format("B is {}: {}, p = {:.2g}, {} pairs", comparison.verdict, numbers,
                            comparison.p_value, comparison.pairs);
            return;
        case Difference::none:
            comparison.verdict =
                fmt::format("no difference larger than {:.1f} %", comparison.bound * 100);
            comparison.sentence =
                fmt::format("{}: {}, {} pairs", comparison.verdict, numbers, comparison.pairs);
            return;
        case Difference::undecided:
            comparison.verdict = "undecided";
            comparison.sentence = fmt::format("undecided: {}, {} pairs; about {} more are needed",
                                              numbers, comparison.pairs, comparison.pairs_needed);
            return;
    }
}

void to_ratios(Interval& interval) {
    interval.low = std::exp(interval.low);
    interval.high = std::exp(interval.high);
}

}  // namespace

std::string_view difference_name(Difference difference) {
    constexpr std::array<std::string_view, 4> names{"better", "worse", "no difference",
                                                    "undecided"};
    return names[static_cast<std::size_t>(difference)];
}

double noise_floor(std::span<const Pair> pairs) {
    if (pairs.empty()) return 0;
    const std::vector<double> ratios = log_ratios(pairs);
    const std::optional<Interval> interval = hodges_lehmann_interval(ratios);
    if (interval.has_value()) return share_of(distance_of(*interval));
    double largest = 0;
    for (const double ratio : ratios) largest = std::max(largest, std::abs(ratio));
    return share_of(largest);
}

Comparison compare(std::span<const Pair> pairs, const CompareOptions& options) {
    Comparison comparison;
    comparison.pairs = pairs.size();
    const std::vector<double> ratios = log_ratios(pairs);
    double estimate = 0;
    if (!ratios.empty()) {
        estimate = hodges_lehmann(ratios);
        comparison.interval = hodges_lehmann_interval(ratios, 1 - options.significance);
        comparison.p_value = signed_rank_p_value(ratios);
    }
    comparison.ratio = std::exp(estimate);
    comparison.difference = decide(comparison, estimate, options);
    if (comparison.interval) comparison.bound = share_of(distance_of(*comparison.interval));
    if (comparison.difference == Difference::undecided) {
        comparison.pairs_needed = more_pairs(ratios, estimate, options);
    }
    put_into_words(comparison, estimate, options);
    if (comparison.interval) to_ratios(*comparison.interval);
    return comparison;
}

std::vector<Look> plan_looks(std::size_t pairs_max, double significance) {
    ELYTRA_ASSERT(pairs_max >= pairs_min);
    const std::size_t last = pairs_max - pairs_max % 2;
    const std::size_t step = std::max(look_step_min, (last / looks_max + 1) / 2 * 2);
    std::vector<Look> looks;
    std::size_t before = 0;
    for (std::size_t next = std::max(look_first, step); before < last; next += step) {
        const std::size_t pairs = next + step > last ? last : next;
        const double share =
            significance * static_cast<double>(pairs - before) / static_cast<double>(last);
        looks.push_back({.pairs = pairs, .significance = share});
        before = pairs;
    }
    return looks;
}

}  // namespace elytractl::statistics
