#include "bench/workload/exponential.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

using namespace elytra;
using namespace elytra::bench;

TEST_CASE("exponential draws have their mean and their tail") {
    const Exponential exponential(10'000);
    Prng prng(1);
    constexpr int count = 200'000;
    std::uint64_t sum = 0;
    int above_two_means = 0;
    for (int draw = 0; draw < count; ++draw) {
        const std::uint64_t value = exponential.pick(prng.next());
        sum += value;
        above_two_means += value > 20'000 ? 1 : 0;
    }
    CHECK(static_cast<double>(sum) / count == doctest::Approx(10'000).epsilon(0.01));
    CHECK(static_cast<double>(above_two_means) / count ==
          doctest::Approx(std::exp(-2.0)).epsilon(0.02));
}

TEST_CASE("a draw is minus the logarithm of its word") {
    const Exponential exponential(1'000'000);
    for (std::uint64_t word = 1'000; word < std::uint64_t{1} << 63;
         word += word / 2 + word / 7 + 1) {
        CAPTURE(word);
        const double expected = -1e6 * std::log(static_cast<double>(word) * std::exp2(-64));
        CHECK(static_cast<double>(exponential.pick(word)) ==
              doctest::Approx(expected).epsilon(1e-4));
    }
    CHECK(exponential.pick(UINT64_MAX) == 0);
    CHECK(exponential.pick(0) > 44'000'000);
}
