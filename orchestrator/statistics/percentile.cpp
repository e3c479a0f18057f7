#include "orchestrator/statistics/percentile.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>

#include "server/common/assert.hpp"

namespace elytractl::statistics {
namespace {

// The smallest number of samples below the quantile whose probability to be exceeded is at most
// 1 - probability.
std::uint64_t binomial_quantile(std::uint64_t count, double quantile, double probability) {
    namespace policies = boost::math::policies;
    using RoundUp = policies::policy<policies::discrete_quantile<policies::integer_round_up>>;
    const boost::math::binomial_distribution<double, RoundUp> below(static_cast<double>(count),
                                                                    quantile);
    return static_cast<std::uint64_t>(boost::math::quantile(below, probability));
}

}  // namespace

std::optional<RankInterval> quantile_interval(std::uint64_t count, double quantile,
                                              double confidence) {
    ELYTRA_ASSERT(quantile > 0);
    ELYTRA_ASSERT(quantile < 1);
    if (count == 0) return std::nullopt;
    const double outside = (1 - confidence) / 2;
    const double samples = static_cast<double>(count);
    // All samples on one side of the quantile is too likely: there is no rank to name.
    const bool unbounded = std::pow(1 - quantile, samples) > outside;
    if (unbounded || std::pow(quantile, samples) > outside) return std::nullopt;
    const std::uint64_t low = binomial_quantile(count, quantile, outside);
    const std::uint64_t high = binomial_quantile(count, quantile, 1 - outside) + 1;
    return RankInterval{.low = std::max<std::uint64_t>(low, 1), .high = std::min(high, count)};
}

}  // namespace elytractl::statistics
