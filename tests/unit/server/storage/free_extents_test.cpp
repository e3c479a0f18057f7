#include "server/storage/free_extents.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::uint64_t sectors(std::uint64_t count) { return count * sector_size; }

}  // namespace

TEST_CASE("space comes from the smallest hole that is large enough, else from the end") {
    FreeExtents extents(sectors(10), sectors(30));
    for (const std::uint64_t size : {4U, 1U, 2U, 1U, 1U}) REQUIRE(extents.allocate(sectors(size)));
    CHECK(extents.end() == sectors(19));
    extents.release({{sectors(10), sectors(4)}, {sectors(15), sectors(2)}});
    CHECK(extents.used_size() == sectors(3));
    CHECK(extents.allocate(sectors(1)) == sectors(15));
    CHECK(extents.allocate(sectors(3)) == sectors(10));
    CHECK(extents.allocate(sectors(2)) == sectors(19));
    CHECK(extents.allocate(sectors(1)) == sectors(13));
    CHECK(extents.allocate(sectors(1)) == sectors(16));
    CHECK(extents.used_size() == sectors(11));
}

TEST_CASE("neighbouring released extents become one hole, the last one shortens the end") {
    FreeExtents extents(sectors(10), sectors(30));
    for (int i = 0; i < 4; ++i) REQUIRE(extents.allocate(sectors(2)));
    extents.release({{sectors(12), sectors(2)}});
    extents.release({{sectors(10), sectors(2)}});
    CHECK(extents.allocate(sectors(4)) == sectors(10));
    extents.release({{sectors(16), sectors(2)}});
    CHECK(extents.end() == sectors(16));
    extents.release({{sectors(14), sectors(2)}, {sectors(10), sectors(4)}});
    CHECK(extents.end() == sectors(10));
    CHECK(extents.used_size() == 0);
}

TEST_CASE("the limit is never passed") {
    FreeExtents extents(sectors(10), sectors(12));
    CHECK_FALSE(extents.allocate(sectors(3)));
    CHECK(extents.allocate(sectors(2)) == sectors(10));
    CHECK_FALSE(extents.allocate(sectors(1)));
}

TEST_CASE("a set of used extents is taken over only if it is consistent") {
    FreeExtents extents(sectors(10), sectors(20));

    struct Row {
        const char* what;
        std::vector<Extent> used;
        bool accepted;
    };

    const Row rows[] = {
        {"nothing", {}, true},
        {"unsorted", {{sectors(15), sectors(5)}, {sectors(10), sectors(2)}}, true},
        {"overlap", {{sectors(10), sectors(2)}, {sectors(11), sectors(2)}}, false},
        {"twice", {{sectors(10), sectors(2)}, {sectors(10), sectors(2)}}, false},
        {"before the start", {{sectors(9), sectors(2)}}, false},
        {"beyond the limit", {{sectors(19), sectors(2)}}, false},
        {"far beyond the limit", {{sectors(40), sectors(1)}}, false},
        {"a size that overflows", {{sectors(10), UINT64_MAX}}, false},
        {"an empty one", {{sectors(10), 0}}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(extents.rebuild(row.used) == row.accepted);
    }
    REQUIRE(extents.rebuild({{sectors(15), sectors(2)}, {sectors(12), sectors(1)}}));
    CHECK(extents.used_size() == sectors(3));
    CHECK(extents.end() == sectors(17));
    CHECK(extents.allocate(sectors(2)) == sectors(10));
}

TEST_CASE("no sector is ever given out twice") {
    constexpr std::uint64_t count = 64;
    Prng prng(1);
    FreeExtents extents(sectors(1), sectors(1 + count));
    std::vector<bool> taken(count);
    std::vector<Extent> held;
    for (int step = 0; step < 20'000; ++step) {
        if (prng.chance(1, 2)) {
            const std::uint64_t size = prng.between(1, 6);
            const std::optional<std::uint64_t> offset = extents.allocate(sectors(size));
            if (!offset) continue;
            held.push_back({*offset, sectors(size)});
            for (std::uint64_t i = 0; i < size; ++i) {
                const std::size_t sector = *offset / sector_size - 1 + i;
                REQUIRE_FALSE(taken[sector]);
                taken[sector] = true;
            }
        } else if (!held.empty()) {
            std::swap(held[prng.below(held.size())], held.back());
            const Extent extent = held.back();
            held.pop_back();
            extents.release({extent});
            for (std::uint64_t i = 0; i < extent.size; i += sector_size) {
                taken[(extent.offset + i) / sector_size - 1] = false;
            }
        }
        const auto used = std::ranges::count(taken, true);
        REQUIRE(extents.used_size() == sectors(static_cast<std::uint64_t>(used)));
    }
}
