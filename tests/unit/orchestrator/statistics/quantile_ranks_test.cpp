#include "orchestrator/statistics/quantile_ranks.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

using namespace elytractl::statistics;

TEST_CASE("the ranks are those of the exact binomial distribution") {
    struct Row {
        std::uint64_t count;
        double share;
        double confidence;
        QuantileRanks ranks;
    };

    // Computed with fractions of whole numbers, the last three with sixty decimal digits.
    const Row rows[] = {{6, 0.5, 0.95, {1, 6}},
                        {10, 0.5, 0.95, {2, 9}},
                        {20, 0.5, 0.95, {6, 15}},
                        {21, 0.5, 0.95, {6, 16}},
                        {100, 0.5, 0.95, {40, 61}},
                        {100, 0.9, 0.95, {84, 96}},
                        {370, 0.99, 0.95, {362, 370}},
                        {1000, 0.5, 0.95, {469, 532}},
                        {1000, 0.9, 0.99, {875, 925}},
                        {1000, 0.99, 0.95, {983, 997}},
                        {20'000, 0.99, 0.95, {19'772, 19'828}},
                        {1'000'000, 0.999, 0.95, {998'938, 999'062}},
                        {10'000'000, 0.5, 0.95, {4'996'901, 5'003'100}},
                        {10'000'000, 0.9999, 0.95, {9'998'938, 9'999'062}}};
    for (const Row& row : rows) {
        CAPTURE(row.count);
        CAPTURE(row.share);
        const auto ranks = quantile_ranks(row.count, row.share, row.confidence);
        REQUIRE(ranks.has_value());
        CHECK(*ranks == row.ranks);
    }
}

TEST_CASE("too few samples have no interval") {
    CHECK_FALSE(quantile_ranks(0, 0.5).has_value());
    CHECK_FALSE(quantile_ranks(5, 0.5).has_value());
    CHECK_FALSE(quantile_ranks(360, 0.99).has_value());
}

TEST_CASE("the interval holds the true quantile as often as it says") {
    constexpr std::size_t experiments = 2000;
    constexpr std::size_t samples = 200;
    constexpr std::uint64_t bound = 1'000'000;
    const auto ranks = quantile_ranks(samples, 0.9);
    REQUIRE(ranks.has_value());
    std::size_t held = 0;
    elytra::Prng prng(7);
    for (std::size_t experiment = 0; experiment < experiments; ++experiment) {
        std::vector<std::uint64_t> drawn;
        for (std::size_t sample = 0; sample < samples; ++sample) drawn.push_back(prng.below(bound));
        std::ranges::sort(drawn);
        constexpr std::uint64_t truth = bound / 10 * 9;
        held += drawn[ranks->low - 1] <= truth && truth <= drawn[ranks->high - 1] ? 1U : 0U;
    }
    const double share = static_cast<double>(held) / experiments;
    CHECK(share >= 0.94);
    CHECK(share <= 0.985);  // wider than needed would be no interval worth printing
}
