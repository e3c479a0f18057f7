#include "orchestrator/statistics/bootstrap.hpp"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

TEST_CASE("fewer than five values have no interval") {
    CHECK_FALSE(bootstrap_interval(std::vector<double>{1, 2, 3, 4}, Location::mean).has_value());
    CHECK(bootstrap_interval(std::vector<double>{1, 2, 3, 4, 5}, Location::mean).has_value());
}

TEST_CASE("equal values have an interval without width") {
    const auto interval = bootstrap_interval(std::vector<double>(6, 2.5), Location::median);
    REQUIRE(interval.has_value());
    CHECK(interval->low == 2.5);
    CHECK(interval->high == 2.5);
}

TEST_CASE("the same values always have the same interval") {
    const std::vector<double> values{5, 7, 6, 9, 8, 30};
    const auto first = bootstrap_interval(values, Location::mean);
    const auto again = bootstrap_interval(values, Location::mean);
    CHECK(first->low == again->low);
    CHECK(first->high == again->high);
}

TEST_CASE("of skewed values the interval reaches further to the long side") {
    const std::vector<double> values{1, 1.1, 1.2, 1.3, 1.5, 1.6, 2, 2.4, 5, 9};
    const auto interval = bootstrap_interval(values, Location::mean);
    const double centre = 2.61;
    CHECK(interval->high - centre > 1.3 * (centre - interval->low));
}

TEST_CASE("about 95 % of the intervals hold the true mean") {
    // With 20 values the bootstrap is known to promise a little too much.
    int held = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        elytra::Prng prng(seed);
        const auto interval = bootstrap_interval(test::noise(prng, 20, 0.1), Location::mean);
        if (interval->low <= 1 && 1 <= interval->high) ++held;
    }
    CHECK(held >= 88);
    CHECK(held <= 99);
}
