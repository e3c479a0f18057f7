#include "orchestrator/statistics/signed_rank.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "orchestrator/statistics/descriptive.hpp"
#include "orchestrator/statistics/ranks.hpp"
#include "server/common/assert.hpp"

namespace elytractl::statistics {
namespace {

constexpr std::size_t exact_max = 100;

// The probability of every sum of ranks when each rank counts or not, by the toss of a coin.
std::vector<double> sum_probabilities(std::span<const std::uint32_t> ranks) {
    const std::size_t sum_max = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
    std::vector<double> probabilities(sum_max + 1);
    probabilities[0] = 1;
    std::size_t reached = 0;
    for (const std::uint32_t rank : ranks) {
        reached += rank;
        for (std::size_t sum = reached + 1; sum-- > 0;) {
            const double counted = sum >= rank ? probabilities[sum - rank] : 0;
            probabilities[sum] = (probabilities[sum] + counted) / 2;
        }
    }
    return probabilities;
}

double exact_p_value(std::span<const std::uint32_t> ranks, std::size_t positive) {
    const std::vector<double> probabilities = sum_probabilities(ranks);
    const std::size_t extreme = std::min(positive, probabilities.size() - 1 - positive);
    const auto end = probabilities.begin() + static_cast<std::ptrdiff_t>(extreme + 1);
    return std::min(1.0, 2 * std::accumulate(probabilities.begin(), end, 0.0));
}

double approximate_p_value(std::span<const std::uint32_t> ranks, std::size_t positive) {
    double sum = 0;
    double squares = 0;
    for (const std::uint32_t rank : ranks) {
        sum += rank;
        squares += static_cast<double>(rank) * rank;
    }
    const double distance = std::abs(static_cast<double>(positive) - sum / 2);
    const double deviation = std::sqrt(squares) / 2;
    const double corrected = std::max(0.0, distance - 1);  // half a rank; ranks are doubled
    return 2 * normal_probability(-corrected / deviation);
}

std::vector<double> walsh_averages(std::span<const double> differences) {
    std::vector<double> averages;
    averages.reserve(differences.size() * (differences.size() + 1) / 2);
    for (std::size_t first = 0; first < differences.size(); ++first) {
        for (std::size_t second = first; second < differences.size(); ++second) {
            averages.push_back((differences[first] + differences[second]) / 2);
        }
    }
    return averages;
}

// How many averages the test leaves out at each end; -1 where it cannot even leave out none.
std::ptrdiff_t averages_outside(std::size_t count, double outside) {
    if (count > exact_max) {
        const double n = static_cast<double>(count);
        const double deviation = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
        return static_cast<std::ptrdiff_t>(n * (n + 1) / 4 + normal_quantile(outside) * deviation);
    }
    std::vector<std::uint32_t> ranks(count);
    std::iota(ranks.begin(), ranks.end(), 1U);
    const std::vector<double> probabilities = sum_probabilities(ranks);
    double reached = 0;
    std::ptrdiff_t left_out = -1;
    while (reached + probabilities[static_cast<std::size_t>(left_out + 1)] <= outside) {
        reached += probabilities[static_cast<std::size_t>(++left_out)];
    }
    return left_out;
}

}  // namespace

double signed_rank_p_value(std::span<const double> differences) {
    std::vector<double> sizes;
    std::vector<bool> positive;
    for (const double difference : differences) {
        if (difference == 0) continue;
        sizes.push_back(std::abs(difference));
        positive.push_back(difference > 0);
    }
    if (sizes.empty()) return 1;
    const std::vector<std::uint32_t> ranks = doubled_ranks(sizes);
    std::size_t sum = 0;
    for (std::size_t index = 0; index < ranks.size(); ++index) {
        if (positive[index]) sum += ranks[index];
    }
    return ranks.size() <= exact_max ? exact_p_value(ranks, sum) : approximate_p_value(ranks, sum);
}

double hodges_lehmann(std::span<const double> differences) {
    ELYTRA_ASSERT(!differences.empty());
    return median(walsh_averages(differences));
}

std::optional<Interval> hodges_lehmann_interval(std::span<const double> differences,
                                                double confidence) {
    if (differences.empty()) return std::nullopt;
    const std::ptrdiff_t outside = averages_outside(differences.size(), (1 - confidence) / 2);
    if (outside < 0) return std::nullopt;
    std::vector<double> averages = walsh_averages(differences);
    std::ranges::sort(averages);
    const auto low = static_cast<std::size_t>(outside);
    return Interval{.low = averages[low],
                    .high = averages[averages.size() - 1 - low],
                    .confidence = confidence};
}

}  // namespace elytractl::statistics
