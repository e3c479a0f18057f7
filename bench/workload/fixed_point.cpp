#include "bench/workload/fixed_point.hpp"

#include <bit>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::bench {

std::uint64_t log2_q32(std::uint64_t value) {
    ELYTRA_ASSERT(value > 0);
    const int zeros = std::countl_zero(value);
    std::uint64_t logarithm = static_cast<std::uint64_t>(63 - zeros);
    // In [1, 2), in units of 2^-63. Each squaring doubles the logarithm and brings up its next bit.
    std::uint64_t mantissa = value << zeros;
    for (int digit = 0; digit < 32; ++digit) {
        const u128 squared = static_cast<u128>(mantissa) * mantissa >> 63;
        const bool carried = squared >> 64 != 0;
        mantissa = static_cast<std::uint64_t>(carried ? squared >> 1 : squared);
        logarithm = logarithm << 1 | (carried ? 1U : 0U);
    }
    return logarithm;
}

std::uint64_t exp2_negative_q32(std::uint64_t exponent) {
    const std::uint64_t whole = (exponent >> 32) + 1;
    if (whole > 33) return 0;
    // 2^-exponent = 2^rest / 2^whole with rest in (0, 1]; e^(rest ln 2) as its series.
    const std::uint64_t rest = q32_one - (exponent & (q32_one - 1));
    const std::uint64_t power = static_cast<std::uint64_t>(static_cast<u128>(rest) * q32_ln2 >> 2);
    std::uint64_t term = std::uint64_t{1} << 62;
    std::uint64_t sum = term;
    for (std::uint64_t divisor = 1; divisor <= 20; ++divisor) {
        term = static_cast<std::uint64_t>(static_cast<u128>(term) * power >> 62) / divisor;
        sum += term;
    }
    return sum >> 30 >> whole;
}

}  // namespace elytra::bench
