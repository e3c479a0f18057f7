#include "server/forest/pair.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

void check_sorted_as_stable_sort(std::vector<Pair> pairs) {
    std::vector<Pair> expected = pairs;
    std::ranges::stable_sort(expected, {}, &Pair::key);
    std::vector<Pair> scratch(3);
    sort_by_key(pairs, scratch);
    CHECK(pairs == expected);
}

}  // namespace

TEST_CASE("pairs are sorted by key and otherwise keep their order") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        std::vector<Pair> pairs(prng.below(prng.chance(1, 10) ? 20'000 : 200));
        const std::uint64_t mask = prng.chance(1, 4) ? prng.next() & prng.next() & prng.next()
                                                     : ~std::uint64_t{0} >> prng.below(64);
        const std::uint64_t base = prng.next();
        for (Pair& pair : pairs) {
            pair.key = (prng.next() & mask) ^ base;
            pair.row = static_cast<std::uint32_t>(prng.next());
        }
        check_sorted_as_stable_sort(pairs);
    }
}

TEST_CASE("pairs that are sorted already, reversed or equal are sorted, too") {
    std::vector<Pair> pairs(1000);
    for (std::uint32_t i = 0; i < pairs.size(); ++i) pairs[i] = {.key = 17, .row = i};
    check_sorted_as_stable_sort(pairs);
    for (std::uint32_t i = 0; i < pairs.size(); ++i) pairs[i].key = i * 0x1234'5678'9abc;
    check_sorted_as_stable_sort(pairs);
    std::ranges::reverse(pairs);
    check_sorted_as_stable_sort(pairs);
    check_sorted_as_stable_sort({});
    check_sorted_as_stable_sort({{.key = UINT64_MAX, .row = 0}, {.key = 0, .row = 1}});
}
