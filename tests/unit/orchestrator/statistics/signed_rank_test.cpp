#include "orchestrator/statistics/signed_rank.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

TEST_CASE("the p-value is the share of sign patterns that are as extreme") {
    CHECK(signed_rank_p_value(std::vector<double>{1, 2, 3, 4, 5, 6}) == doctest::Approx(2.0 / 64));
    // Sums of 1 to 5 that are at most 1: none and {1}; both sides.
    CHECK(signed_rank_p_value(std::vector<double>{-1, 2, 3, 4, 5}) == doctest::Approx(4.0 / 32));
}

TEST_CASE("differences of 0 do not count, equal ones share their ranks") {
    CHECK(signed_rank_p_value(std::vector<double>{0, 0, 0}) == 1);
    CHECK(signed_rank_p_value({}) == 1);
    // All ranks equal: the sign test. At most one of five negative, both sides.
    CHECK(signed_rank_p_value(std::vector<double>{-2, 2, 2, 2, 2, 0}) ==
          doctest::Approx(12.0 / 32));
}

TEST_CASE("the approximation for many differences continues the exact values") {
    elytra::Prng prng(4);
    std::vector<double> differences;
    for (int draw = 0; draw < 100; ++draw) differences.push_back(test::normal(prng) + 0.2);
    const double exact = signed_rank_p_value(differences);
    differences.push_back(1e-9);
    CHECK(signed_rank_p_value(differences) == doctest::Approx(exact).epsilon(0.05));
}

TEST_CASE("the estimate is the median of the means of pairs") {
    CHECK(hodges_lehmann(std::vector<double>{1, 2, 6}) == doctest::Approx(2.75));
}

TEST_CASE("the interval leaves out as many means as the test allows") {
    const std::vector<double> five{1, 2, 3, 4, 5};
    CHECK_FALSE(hodges_lehmann_interval(five).has_value());
    CHECK_FALSE(hodges_lehmann_interval({}).has_value());
    // Six allow to leave out none at either end: 1/64 on each side.
    const auto six = hodges_lehmann_interval(std::vector<double>{1, 2, 3, 4, 5, 6});
    REQUIRE(six.has_value());
    CHECK(six->low == 1);
    CHECK(six->high == 6);
    const auto eight = hodges_lehmann_interval(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(eight->low == 2);
    CHECK(eight->high == 7);
}

TEST_CASE("the interval holds the true difference in 95 % of the experiments") {
    int held = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        elytra::Prng prng(seed);
        const auto interval = hodges_lehmann_interval(test::noise(prng, 12, 0.5));
        if (interval->low <= 1 && 1 <= interval->high) ++held;
    }
    CHECK(held >= 465);
}
