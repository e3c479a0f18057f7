#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "server/common/prng.hpp"

// Draws for tests that repeat an experiment over many seeds.
namespace elytractl::statistics::test {

inline double uniform(elytra::Prng& prng) {
    return (static_cast<double>(prng.next() >> 11) + 0.5) / 9007199254740992.0;
}

// Standard normal, by Box and Muller.
inline double normal(elytra::Prng& prng) {
    return std::sqrt(-2 * std::log(uniform(prng))) * std::cos(2 * std::numbers::pi * uniform(prng));
}

// Values around 1; each keeps `memory` of the distance of the one before.
inline std::vector<double> noise(elytra::Prng& prng, std::size_t count, double deviation,
                                 double memory = 0) {
    std::vector<double> values;
    double distance = normal(prng) * deviation;
    for (std::size_t index = 0; index < count; ++index) {
        values.push_back(1 + distance);
        distance = memory * distance + std::sqrt(1 - memory * memory) * deviation * normal(prng);
    }
    return values;
}

}  // namespace elytractl::statistics::test
