#pragma once

#include <cstdint>

#include "server/common/int.hpp"
#include "server/common/prng.hpp"

namespace elytra::bench {

// The random words of one object of a workload: a function of key and index alone, so that any part
// of a workload can be produced again without what comes before it.
class Draws {
public:
    static constexpr std::uint64_t words = 16;  // per object

    Draws(std::uint64_t key, std::uint64_t index) : base_(key + index * words * step) {}

    // Requires: word < words.
    std::uint64_t operator[](std::uint64_t word) const { return mix64(base_ + word * step); }

private:
    static constexpr std::uint64_t step = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd

    std::uint64_t base_;
};

// Maps a random word to [0, bound); the bias of at most bound / 2^64 is far below what a workload
// shows.
constexpr std::uint64_t scale(std::uint64_t word, std::uint64_t bound) {
    return high_half(static_cast<u128>(word) * bound);
}

}  // namespace elytra::bench
