#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace elytra::bench {

// Draws from an exponential distribution in integers: the number of leading zeros of the random
// word counts the halvings of the survival probability, a table holds the logarithm within one
// halving.
class Exponential {
public:
    // Requires: mean < 2^26, so that the longest draw, 45 times the mean, does not overflow.
    explicit Exponential(std::uint64_t mean);

    // Rounded down; 0 is the most likely number.
    std::uint64_t pick(std::uint64_t word) const;

private:
    static constexpr int step_bits = 8;
    static constexpr std::size_t steps = std::size_t{1} << step_bits;

    std::uint64_t mean_;
    std::array<std::uint64_t, steps + 1> logarithms_;  // ln(1 + i / steps), in units of 2^-32
};

}  // namespace elytra::bench
