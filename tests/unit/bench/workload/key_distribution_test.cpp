#include "bench/workload/key_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

namespace {

std::vector<double> shares(DistributionKind kind, std::uint64_t count) {
    constexpr int draws = 400'000;
    const KeyDistribution distribution(kind, count, 3);
    std::vector<double> found(count);
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
        const std::uint64_t key = distribution.pick(Draws(4, draw), 0);
        REQUIRE(key < count);
        found[key] += 1.0 / draws;
    }
    return found;
}

}  // namespace

TEST_CASE("a uniform choice treats all keys alike") {
    for (const double share : shares(DistributionKind::uniform, 10)) {
        CHECK(share == doctest::Approx(0.1).epsilon(0.05));
    }
}

TEST_CASE("latest prefers the highest keys by Zipf's law with exponent 0.99") {
    constexpr std::uint64_t count = 1000;
    double harmonic = 0;
    for (std::uint64_t rank = 1; rank <= count; ++rank) {
        harmonic += std::pow(static_cast<double>(rank), -0.99);
    }
    const std::vector<double> found = shares(DistributionKind::latest, count);
    for (const std::uint64_t rank : {1U, 2U, 3U, 10U, 100U}) {
        CAPTURE(rank);
        const double expected = std::pow(static_cast<double>(rank), -0.99) / harmonic;
        CHECK(found[count - rank] == doctest::Approx(expected).epsilon(0.1));
    }
    double upper_half = 0;
    for (std::uint64_t rank = 1; rank <= 500; ++rank) upper_half += found[count - rank];
    double expected_half = 0;
    for (std::uint64_t rank = 1; rank <= 500; ++rank) {
        expected_half += std::pow(static_cast<double>(rank), -0.99) / harmonic;
    }
    CHECK(upper_half == doctest::Approx(expected_half).epsilon(0.01));
}

TEST_CASE("zipfian is as uneven as latest, with the popular keys scattered") {
    std::vector<double> zipfian = shares(DistributionKind::zipfian, 1000);
    const std::vector<double> latest = shares(DistributionKind::latest, 1000);
    std::vector<std::size_t> popular;
    for (std::size_t key = 0; key < zipfian.size(); ++key) {
        if (zipfian[key] > 0.03) popular.push_back(key);
    }
    REQUIRE(popular.size() == 4);  // shares 13 %, 7 %, 4 % and 3 % and a bit
    CHECK(popular.back() - popular.front() > 10);
    std::sort(zipfian.begin(), zipfian.end());
    CHECK(zipfian.back() == doctest::Approx(latest.back()).epsilon(0.05));
}

TEST_CASE("ranks of a huge key space stay inside it") {
    for (const std::uint64_t count :
         {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{129}, std::uint64_t{1} << 40}) {
        CAPTURE(count);
        const ZipfianRanks ranks(count);
        for (std::uint64_t draw = 0; draw < 1000; ++draw) {
            REQUIRE(ranks.pick(Draws(5, draw), 3) < count);
        }
    }
}

TEST_CASE("a zipfian choice of few keys reaches each of them") {
    for (const std::uint64_t count : {1U, 2U, 3U, 10U}) {
        CAPTURE(count);
        for (const double share : shares(DistributionKind::zipfian, count)) CHECK(share > 0.03);
    }
}

TEST_CASE("the names of distributions stand in the order of their enumerators") {
    CHECK(to_text(DistributionKind::uniform) == "uniform");
    CHECK(to_text(DistributionKind::latest) == "latest");
}
