#include "orchestrator/statistics/descriptive.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace elytractl::statistics;

TEST_CASE("the median of an even number of values lies between the middle ones") {
    CHECK(median({3}) == 3);
    CHECK(median({9, 1, 5}) == 5);
    CHECK(median({9, 1, 5, 6}) == 5.5);
}

TEST_CASE("the spread of one value is nothing") {
    CHECK(standard_deviation(std::vector<double>{4}) == 0);
    CHECK(standard_deviation(std::vector<double>{2, 4, 6}) == doctest::Approx(2));
}

TEST_CASE("a line through points on a line has no error") {
    const std::vector<double> places{0, 1, 2, 3};
    const std::vector<double> values{1, 3, 5, 7};
    const Line line = fit_line(places, values);
    CHECK(line.slope == doctest::Approx(2));
    CHECK(line.intercept == doctest::Approx(1));
    CHECK(line.slope_error == doctest::Approx(0));
}

TEST_CASE("the error of a slope grows with the residuals") {
    // By hand: slope 0, residuals +1 -1 -1 +1, squares 4 / 2 over a spread of 5.
    const Line line = fit_line(std::vector<double>{0, 1, 2, 3}, std::vector<double>{1, -1, -1, 1});
    CHECK(line.slope == doctest::Approx(0));
    CHECK(line.slope_error == doctest::Approx(0.632456));
}

TEST_CASE("the normal distribution is that of the tables") {
    CHECK(normal_quantile(0.975) == doctest::Approx(1.959964));
    CHECK(normal_probability(-1) == doctest::Approx(0.158655));
}
