#include "server/storage/superblock_quorum.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr SuperblockView damaged{};
constexpr SuperblockView first{true, true, 10, 100, 90};
constexpr SuperblockView second{true, true, 11, 101, 100};
constexpr SuperblockView third{true, true, 12, 102, 101};
constexpr SuperblockView second_misplaced{true, false, 11, 101, 100};
constexpr SuperblockView second_forged{true, true, 11, 201, 100};
constexpr SuperblockView third_orphan{true, true, 12, 202, 201};

constexpr std::array contents{damaged,          first,         second,      third,
                              second_misplaced, second_forged, third_orphan};

// Calls `visit` with every way to fill the four places.
template <class Visit>
void for_all_views(Visit visit) {
    constexpr std::size_t count = contents.size();
    for (std::size_t code = 0; code < count * count * count * count; ++code) {
        SuperblockViews views;
        std::size_t rest = code;
        for (SuperblockView& view : views) {
            view = contents[rest % count];
            rest /= count;
        }
        CAPTURE(code);
        visit(views);
    }
}

std::size_t count_of(const SuperblockViews& views, u128 checksum) {
    return static_cast<std::size_t>(std::ranges::count_if(
        views, [&](const SuperblockView& view) { return view.checksum == checksum; }));
}

bool holds(const SuperblockViews& views, const SuperblockView& wanted) {
    return count_of(views, wanted.checksum) > 0;
}

}  // namespace

TEST_CASE("the superblock to open is decided by these rules") {
    struct Row {
        SuperblockViews views;
        std::uint64_t sequence;  // 0: refused
        QuorumFailure failure{};
    };

    const Row rows[] = {
        {{second, second, second, second}, 11},
        {{third, second, second, second}, 11},
        {{third, second, third, second}, 12},
        {{damaged, damaged, second, second}, 11},
        {{second, second, damaged, damaged}, 11},
        {{second, damaged, first, damaged}, 11},
        {{third, second, first, damaged}, 12},
        {{second_misplaced, second_misplaced, damaged, damaged}, 11},
        {{damaged, damaged, damaged, damaged}, 0, QuorumFailure::none_intact},
        {{second, damaged, damaged, damaged}, 0, QuorumFailure::no_quorum},
        {{third, first, damaged, damaged}, 0, QuorumFailure::no_quorum},
        {{second, second_forged, second, second}, 0, QuorumFailure::conflicting_copies},
        {{second, second, third_orphan, third_orphan}, 0, QuorumFailure::broken_chain},
    };
    for (const Row& row : rows) {
        CAPTURE(&row - rows);
        const auto chosen = choose_superblock(row.views);
        CHECK(chosen.has_value() == (row.sequence != 0));
        if (chosen.has_value()) {
            CHECK(row.views[*chosen].sequence == row.sequence);
        } else {
            CHECK(chosen.error() == row.failure);
        }
    }
}

TEST_CASE("of all combinations of copies none opens an older version than one with two copies") {
    for_all_views([](const SuperblockViews& views) {
        const auto chosen = choose_superblock(views);
        if (!chosen.has_value()) return;
        const SuperblockView& version = views[*chosen];
        REQUIRE(version.intact);
        CHECK(!(holds(views, second) && holds(views, second_forged)));
        for (const SuperblockView& view : views) {
            if (!view.intact || view.sequence <= version.sequence) continue;
            CHECK(count_of(views, view.checksum) == 1);
            CHECK(count_of(views, version.checksum) >= 2);
        }
    });
}

TEST_CASE("repair ends with four copies at home, and may be torn at any of its writes") {
    for_all_views([](const SuperblockViews& before) {
        const auto chosen = choose_superblock(before);
        if (!chosen.has_value()) return;
        const SuperblockView version = before[*chosen];
        SuperblockViews views = before;
        for (const std::uint32_t place : superblock_repairs(before, *chosen)) {
            SuperblockViews torn = views;
            torn[place] = damaged;
            const auto reopened = choose_superblock(torn);
            REQUIRE(reopened.has_value());
            CHECK(torn[*reopened].checksum == version.checksum);
            views[place] = version;
            views[place].at_home = true;
        }
        for (const SuperblockView& view : views) {
            CHECK(view.at_home);
            CHECK(view.checksum == version.checksum);
        }
    });
}
