#include "bench/workload/fixed_point.hpp"

#include <cmath>

#include <doctest/doctest.h>

using namespace elytra::bench;

namespace {

double from_q32(std::uint64_t value) {
    return static_cast<double>(value) / static_cast<double>(q32_one);
}

}  // namespace

TEST_CASE("log2 is exact for powers of two and close to the real one elsewhere") {
    for (int power = 0; power < 64; ++power) {
        CHECK(log2_q32(std::uint64_t{1} << power) == static_cast<std::uint64_t>(power) << 32);
    }
    for (std::uint64_t value = 3; value < std::uint64_t{1} << 60; value = value * 7 / 3) {
        CAPTURE(value);
        CHECK(from_q32(log2_q32(value)) ==
              doctest::Approx(std::log2(static_cast<double>(value))).epsilon(1e-9));
    }
}

TEST_CASE("negative powers of two are close to the real ones") {
    CHECK(exp2_negative_q32(0) == doctest::Approx(q32_one).epsilon(1e-9));
    for (std::uint64_t exponent = 0; exponent < 20 * q32_one; exponent += q32_one / 7) {
        CAPTURE(exponent);
        const double expected = std::exp2(-from_q32(exponent));
        CHECK(std::abs(from_q32(exp2_negative_q32(exponent)) - expected) < 1e-9);
    }
    CHECK(exp2_negative_q32(UINT64_MAX) == 0);
}
