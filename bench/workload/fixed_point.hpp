#pragma once

#include <cstdint>

// Logarithm and power in integers, because those of <cmath> may differ in their last digit from one
// library to the next, and a seed has to give the same workload everywhere. Accurate to about
// 2^-30.
namespace elytra::bench {

inline constexpr std::uint64_t q32_one = std::uint64_t{1} << 32;
inline constexpr std::uint64_t q32_ln2 = 0xb17217f8;  // ln 2, in units of 2^-32

// log2(value) in units of 2^-32. Requires: value > 0.
std::uint64_t log2_q32(std::uint64_t value);

// 2^-exponent, both in units of 2^-32.
std::uint64_t exp2_negative_q32(std::uint64_t exponent);

}  // namespace elytra::bench
