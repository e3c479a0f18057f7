#include "server/forest/pair.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <utility>

#include "server/common/assert.hpp"

namespace elytra::forest {
namespace {

// Measured for 131,072 pairs (bench/micro/forest_bench.cpp): with more bits, the places written to
// are too many for the first cache; with fewer, there are more passes.
constexpr std::uint32_t digit_width_max = 10;
constexpr std::size_t digits_max = 64 / digit_width_max + 1;

// Below this many pairs the counters of a digit cost more than the pairs.
constexpr std::size_t insertion_max = 48;

struct Digit {
    std::uint32_t shift = 0;
    std::uint32_t mask = 0;
    std::array<std::uint32_t, 1U << digit_width_max> places{};  // counts, then where the next goes

    std::uint32_t of(std::uint64_t key) const {
        return static_cast<std::uint32_t>(key >> shift) & mask;
    }
};

// The digits of a key in which not all keys agree, the lowest one first.
class Digits {
public:
    explicit Digits(std::span<const Pair> pairs) {
        std::uint64_t varying = 0;
        for (const Pair& pair : pairs) varying |= pair.key ^ pairs.front().key;
        if (varying != 0) divide(varying);
        for (const Pair& pair : pairs) {
            for (Digit& digit : all()) ++digit.places[digit.of(pair.key)];
        }
        for (Digit& digit : all()) {
            std::uint32_t place = 0;
            for (std::uint32_t& entry : digit.places) place += std::exchange(entry, place);
        }
    }

    std::span<Digit> all() { return std::span(digits_).first(count_); }

private:
    // Into digits of equal width.
    void divide(std::uint64_t varying) {
        const auto lowest = static_cast<std::uint32_t>(std::countr_zero(varying));
        const std::uint32_t span = static_cast<std::uint32_t>(std::bit_width(varying)) - lowest;
        const std::uint32_t passes = (span + digit_width_max - 1) / digit_width_max;
        const std::uint32_t width = (span + passes - 1) / passes;
        const std::uint32_t mask = (1U << width) - 1;
        for (std::uint32_t shift = lowest; shift < lowest + span; shift += width) {
            if (((varying >> shift) & mask) == 0) continue;
            digits_[count_].shift = shift;
            digits_[count_].mask = mask;
            ++count_;
        }
    }

    std::array<Digit, digits_max> digits_;
    std::size_t count_ = 0;
};

void sort_by_insertion(std::span<Pair> pairs) {
    for (std::size_t i = 1; i < pairs.size(); ++i) {
        const Pair pair = pairs[i];
        std::size_t place = i;
        for (; place > 0 && pair.key < pairs[place - 1].key; --place) {
            pairs[place] = pairs[place - 1];
        }
        pairs[place] = pair;
    }
}

}  // namespace

void sort_by_key(std::vector<Pair>& pairs, std::vector<Pair>& scratch) {
    ELYTRA_ASSERT(pairs.size() <= UINT32_MAX);
    if (pairs.size() <= insertion_max) return sort_by_insertion(pairs);
    scratch.resize(pairs.size());
    Digits digits(pairs);
    for (Digit& digit : digits.all()) {
        for (const Pair& pair : pairs) scratch[digit.places[digit.of(pair.key)]++] = pair;
        pairs.swap(scratch);
    }
}

}  // namespace elytra::forest
