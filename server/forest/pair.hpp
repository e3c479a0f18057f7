#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace elytra::forest {

// An entry of an index: a row, and what it can be found by. In order of key, then of row.
struct Pair {
    std::uint64_t key = 0;
    std::uint32_t row = 0;

    auto operator<=>(const Pair&) const = default;
};

// Sorts by key; pairs with equal keys keep their order. `scratch` is working memory that may be
// used again. Takes about 1.3 ns per pair for every ten bits of the keys.
void sort_by_key(std::vector<Pair>& pairs, std::vector<Pair>& scratch);

}  // namespace elytra::forest
