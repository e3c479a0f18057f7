#include "orchestrator/statistics/change_point.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

namespace {

std::vector<double> step(std::uint64_t seed, std::size_t count, std::size_t at, double factor) {
    elytra::Prng prng(seed);
    std::vector<double> values = test::noise(prng, count, 0.03);
    for (std::size_t index = at; index < count; ++index) values[index] *= factor;
    return values;
}

int alarms(std::size_t count, double deviation, double memory, const ChangePointOptions& options) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        elytra::Prng prng(seed);
        if (find_change_point(test::noise(prng, count, deviation, memory), options)) ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("stationary noise is rarely taken for a change") {
    ChangePointOptions options = series_options(120);
    options.size_min = 0;
    CHECK(alarms(120, 0.1, 0, options) <= 6);
    options = history_options();
    options.size_min = 0;
    CHECK(alarms(30, 0.1, 0, options) <= 6);
}

TEST_CASE("noise whose neighbours resemble each other is rarely taken for a change") {
    ChangePointOptions options = series_options(240);
    options.size_min = 0;
    CHECK(alarms(240, 0.1, 0.5, options) <= 20);
}

TEST_CASE("a step is found where it is and with its size") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const auto found = find_change_point(step(seed, 100, 60, 0.85), series_options(100));
        REQUIRE(found.has_value());
        CHECK(found->position >= 58);
        CHECK(found->position <= 62);
        CHECK(found->size() == doctest::Approx(-0.15).epsilon(0.2));
        CHECK(found->p_value <= 0.01);
    }
}

TEST_CASE("a step smaller than what counts is no change") {
    ChangePointOptions options = series_options(400);
    CHECK_FALSE(find_change_point(step(1, 400, 200, 1.03), options).has_value());
    options.size_min = 0.01;
    CHECK(find_change_point(step(1, 400, 200, 1.03), options).has_value());
}

TEST_CASE("single spikes are no change") {
    elytra::Prng prng(5);
    std::vector<double> values = test::noise(prng, 100, 0.02);
    values[70] = 50;
    values[71] = 40;
    CHECK_FALSE(find_change_point(values, series_options(100)).has_value());
}

TEST_CASE("too few or equal values have no change") {
    CHECK_FALSE(find_change_point({}, {}).has_value());
    CHECK_FALSE(find_change_point(step(1, 9, 4, 3), {}).has_value());
    CHECK_FALSE(find_change_point(std::vector<double>(50, 7.0), {}).has_value());
}

TEST_CASE("every change of a history is found, in order") {
    std::vector<double> values = step(3, 60, 20, 1.2);
    for (std::size_t index = 40; index < 60; ++index) values[index] *= 0.7;
    const std::vector<ChangePoint> found = find_change_points(values, history_options());
    REQUIRE(found.size() == 2);
    CHECK(found[0].position == 20);
    CHECK(found[1].position == 40);
    CHECK(found[1].size() == doctest::Approx(-0.3).epsilon(0.1));
}

TEST_CASE("the same series gives the same answer") {
    const std::vector<double> values = step(9, 50, 25, 1.06);
    const auto first = find_change_point(values, series_options(50));
    const auto again = find_change_point(values, series_options(50));
    REQUIRE(first.has_value());
    CHECK(first->p_value == again->p_value);
}
