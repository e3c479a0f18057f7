#include "orchestrator/statistics/percentile.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

TEST_CASE("the interval of a median has the ranks of the tables") {
    const auto ten = quantile_interval(10, 0.5);
    REQUIRE(ten.has_value());
    CHECK(ten->low == 2);
    CHECK(ten->high == 9);
    const auto hundred = quantile_interval(100, 0.5);
    CHECK(hundred->low == 40);
    CHECK(hundred->high == 61);
}

TEST_CASE("too few samples bound nothing") {
    CHECK_FALSE(quantile_interval(0, 0.5).has_value());
    CHECK_FALSE(quantile_interval(5, 0.5).has_value());
    CHECK(quantile_interval(6, 0.5).has_value());
    CHECK_FALSE(quantile_interval(100, 0.99).has_value());
    CHECK_FALSE(quantile_interval(367, 0.99).has_value());
    CHECK(quantile_interval(368, 0.99).has_value());
}

TEST_CASE("many samples give a narrow interval around the rank of the quantile") {
    const auto interval = quantile_interval(10'000'000, 0.999);
    REQUIRE(interval.has_value());
    CHECK(interval->low < 9'990'000);
    CHECK(interval->high > 9'990'000);
    CHECK(interval->high - interval->low < 500);
}

TEST_CASE("at least 95 % of the intervals hold the true quantile") {
    int held = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        elytra::Prng prng(seed);
        std::vector<double> values;
        for (int draw = 0; draw < 200; ++draw) values.push_back(test::uniform(prng));
        std::ranges::sort(values);
        const auto interval = quantile_interval(200, 0.9);
        if (values[interval->low - 1] <= 0.9 && 0.9 <= values[interval->high - 1]) ++held;
    }
    CHECK(held >= 372);
}
