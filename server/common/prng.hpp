#pragma once

#include <array>
#include <cstdint>

#include "server/common/int.hpp"

namespace elytra {

// Spreads a number over all 64 bits: a bijection, the output step of splitmix64. Applied to a
// counter it is a generator whose every value can be computed alone.
constexpr std::uint64_t mix64(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

// xoshiro256++ (Blackman, Vigna: Scrambled Linear Pseudorandom Number Generators, 2018), seeded
// through splitmix64. The same seed gives the same sequence on every machine and compiler.
class Prng {
public:
    explicit Prng(std::uint64_t seed);

    std::uint64_t next();

    u128 next_u128();

    // Uniform in [0, bound). Requires: bound > 0.
    std::uint64_t below(std::uint64_t bound);

    // Uniform in [low, high], both included. Requires: low <= high.
    std::uint64_t between(std::uint64_t low, std::uint64_t high);

    // True with probability numerator / denominator. Requires: 0 <= numerator <= denominator > 0.
    bool chance(std::uint64_t numerator, std::uint64_t denominator);

    // A generator for a named part of a run, so that a draw added in one part does not shift
    // another.
    Prng split(std::uint64_t stream) const;

private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace elytra
