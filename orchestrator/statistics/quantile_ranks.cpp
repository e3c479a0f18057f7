#include "orchestrator/statistics/quantile_ranks.hpp"

#include <boost/math/distributions/binomial.hpp>

#include "server/common/assert.hpp"

namespace elytractl::statistics {
namespace {

using boost::math::policies::discrete_quantile;
using boost::math::policies::integer_round_up;
using boost::math::policies::policy;

// Its quantile is the smallest number with at least that probability up to it.
using Binomial =
    boost::math::binomial_distribution<double, policy<discrete_quantile<integer_round_up>>>;

}  // namespace

std::optional<QuantileRanks> quantile_ranks(std::uint64_t count, double share, double confidence) {
    ELYTRA_ASSERT(share > 0);
    ELYTRA_ASSERT(share < 1);
    ELYTRA_ASSERT(confidence > 0);
    ELYTRA_ASSERT(confidence < 1);
    if (count == 0) return std::nullopt;
    const double outside = (1 - confidence) / 2;
    const Binomial below(static_cast<double>(count), share);
    const QuantileRanks ranks{
        .low = static_cast<std::uint64_t>(boost::math::quantile(below, outside)),
        .high = static_cast<std::uint64_t>(
                    boost::math::quantile(boost::math::complement(below, outside))) +
                1};
    if (ranks.low == 0 || ranks.high > count) return std::nullopt;
    return ranks;
}

}  // namespace elytractl::statistics
