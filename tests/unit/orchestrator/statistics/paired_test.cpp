#include "orchestrator/statistics/paired.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

namespace {

// Measurements on a machine with noise of 2 % and now and then a bad moment.
double measured(elytra::Prng& prng, double truth) {
    const double bad_moment = prng.chance(1, 20) ? 0.93 : 1;
    return truth * bad_moment * std::exp(0.02 * test::normal(prng));
}

std::vector<Pair> pairs_of(elytra::Prng& prng, std::size_t count, double factor) {
    std::vector<Pair> pairs;
    for (std::size_t index = 0; index < count; ++index) {
        const double day = 100'000 * (1 + 0.1 * test::uniform(prng));  // shared by the block
        pairs.push_back({measured(prng, day), measured(prng, day * factor)});
    }
    return pairs;
}

bool differ(const Comparison& comparison) {
    return comparison.difference == Difference::better ||
           comparison.difference == Difference::worse;
}

// As `bench compare --until-decided` does: the last word is that of the look that decided.
Comparison until_decided(std::uint64_t seed, double factor, std::size_t pairs_max) {
    elytra::Prng prng(seed);
    std::vector<Pair> pairs;
    Comparison comparison;
    for (const Look& look : plan_looks(pairs_max)) {
        const std::vector<Pair> more = pairs_of(prng, look.pairs - pairs.size(), factor);
        pairs.insert(pairs.end(), more.begin(), more.end());
        comparison = compare(pairs, {.metric = "throughput", .significance = look.significance});
        if (comparison.difference != Difference::undecided) break;
    }
    return comparison;
}

}  // namespace

TEST_CASE("identical subjects are declared different in at most 5 % of 200 comparisons") {
    int declared = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        elytra::Prng prng(seed);
        const double floor = noise_floor(pairs_of(prng, 12, 1));
        const std::vector<Pair> pairs = pairs_of(prng, 12, 1);
        if (differ(compare(pairs, {.metric = "throughput", .noise_floor = floor}))) ++declared;
    }
    CHECK(declared <= 10);
}

TEST_CASE("without a noise floor identical subjects differ no more often than promised") {
    int declared = 0;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        elytra::Prng prng(seed);
        if (differ(compare(pairs_of(prng, 12, 1), {.metric = "throughput"}))) ++declared;
    }
    CHECK(declared <= 100);
    CHECK(declared >= 40);  // 85 are expected of the exact test: it is not idle
}

TEST_CASE("looking again and again until it is decided keeps the promise") {
    int declared = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        if (differ(until_decided(seed, 1, 40))) ++declared;
    }
    CHECK(declared <= 10);
}

TEST_CASE("a planted difference of 5 % is found by a comparison that goes on until decided") {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        if (until_decided(seed, 0.95, 40).difference == Difference::worse) ++found;
    }
    CHECK(found >= 190);
}

TEST_CASE("a planted difference of 5 % is found within the number of pairs announced") {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        elytra::Prng prng(seed);
        std::vector<Pair> pairs = pairs_of(prng, 6, 0.95);
        Comparison comparison = compare(pairs, {.metric = "throughput"});
        if (comparison.difference == Difference::undecided) {
            const std::vector<Pair> more = pairs_of(prng, comparison.pairs_needed, 0.95);
            pairs.insert(pairs.end(), more.begin(), more.end());
            comparison = compare(pairs, {.metric = "throughput"});
        }
        if (comparison.difference == Difference::worse) ++found;
    }
    CHECK(found >= 170);  // the announcement aims at 90 %
}

TEST_CASE("a clear difference is told with its direction") {
    elytra::Prng prng(1);
    const std::vector<Pair> pairs = pairs_of(prng, 12, 1.1);
    const Comparison more = compare(pairs, {.metric = "throughput"});
    CHECK(more.difference == Difference::better);
    CHECK(more.verdict == "better");
    CHECK(more.ratio == doctest::Approx(1.1).epsilon(0.03));
    REQUIRE(more.interval.has_value());
    CHECK(more.interval->low > 1);
    CHECK(more.sentence.find("B is better: throughput +") == 0);
    const Comparison latency =
        compare(pairs, {.metric = "batch.p99", .better = better_of("batch.p99")});
    CHECK(latency.difference == Difference::worse);
}

TEST_CASE("a difference within the noise floor is none") {
    std::vector<Pair> pairs;
    for (int index = 0; index < 12; ++index) {
        pairs.push_back({100.0 + index, (100.0 + index) * (1.01 + 0.0001 * index)});
    }
    CHECK(compare(pairs, {.metric = "throughput"}).difference == Difference::better);
    const Comparison floored = compare(pairs, {.metric = "throughput", .noise_floor = 0.018});
    CHECK(floored.difference == Difference::none);
    CHECK(floored.verdict == "no difference larger than 1.1 %");
}

TEST_CASE("few or noisy pairs are undecided and say how many are missing") {
    const Comparison nothing = compare({}, {.metric = "throughput"});
    CHECK(nothing.difference == Difference::undecided);
    CHECK(nothing.pairs_needed == 6);
    const Comparison two = compare(std::vector<Pair>{{1, 2}, {1, 2}}, {.metric = "throughput"});
    CHECK(two.difference == Difference::undecided);
    CHECK(two.pairs_needed == 4);
    CHECK_FALSE(two.interval.has_value());
    std::vector<Pair> noisy;
    for (int index = 0; index < 10; ++index) noisy.push_back({100, index % 2 == 0 ? 88.0 : 113.0});
    const Comparison wide = compare(noisy, {.metric = "throughput"});
    CHECK(wide.difference == Difference::undecided);
    CHECK(wide.pairs_needed > 100);
    CHECK((wide.pairs + wide.pairs_needed) % 2 == 0);
}

TEST_CASE("the noise floor is the far end of what identical subjects differ by") {
    CHECK(noise_floor({}) == 0);
    CHECK(noise_floor(std::vector<Pair>{{100, 102}, {100, 99}}) == doctest::Approx(0.02));
    elytra::Prng prng(3);
    const double floor = noise_floor(pairs_of(prng, 12, 1));
    CHECK(floor > 0.003);
    CHECK(floor < 0.05);
}

TEST_CASE("looks share the significance and end with the last pair") {
    for (const std::size_t pairs_max : {6U, 7U, 10U, 16U, 40U, 100U, 1000U}) {
        CAPTURE(pairs_max);
        const std::vector<Look> looks = plan_looks(pairs_max);
        REQUIRE_FALSE(looks.empty());
        CHECK(looks.size() <= 9);
        CHECK(looks.back().pairs == pairs_max - pairs_max % 2);
        double total = 0;
        std::size_t before = 0;
        for (const Look& look : looks) {
            CHECK(look.pairs > before);
            CHECK(look.pairs % 2 == 0);
            // Some outcome of the exact test must be able to reject here.
            CHECK(std::ldexp(2, -static_cast<int>(look.pairs)) <= look.significance);
            total += look.significance;
            before = look.pairs;
        }
        CHECK(total == doctest::Approx(0.05));
    }
}
