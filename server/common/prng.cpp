#include "server/common/prng.hpp"

#include <bit>

#include "server/common/assert.hpp"

namespace elytra {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15;
    return mix64(state);
}

}  // namespace

Prng::Prng(std::uint64_t seed) : state_{} {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
}

std::uint64_t Prng::next() {
    const std::uint64_t drawn = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return drawn;
}

u128 Prng::next_u128() {
    const std::uint64_t high = next();
    return make_u128(high, next());
}

std::uint64_t Prng::below(std::uint64_t bound) {
    ELYTRA_ASSERT(bound > 0);
    // Lemire: Fast Random Integer Generation in an Interval, 2019; exact, rejects the biased rest.
    u128 product = static_cast<u128>(next()) * bound;
    if (low_half(product) < bound) {
        const std::uint64_t rejected = (0 - bound) % bound;
        while (low_half(product) < rejected) product = static_cast<u128>(next()) * bound;
    }
    return high_half(product);
}

std::uint64_t Prng::between(std::uint64_t low, std::uint64_t high) {
    ELYTRA_ASSERT(low <= high);
    if (low == 0 && high == UINT64_MAX) return next();
    return low + below(high - low + 1);
}

bool Prng::chance(std::uint64_t numerator, std::uint64_t denominator) {
    ELYTRA_ASSERT(numerator <= denominator);
    return below(denominator) < numerator;
}

Prng Prng::split(std::uint64_t stream) const {
    std::uint64_t seed = state_[0] ^ std::rotl(state_[2], 32) ^ stream;
    return Prng(splitmix64(seed));
}

}  // namespace elytra
