#include "server/forest/pair_page.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

struct Built {
    std::vector<std::byte> page;
    Fence fence;
    PageName name;

    Result<PairPage, PageError> open() const { return PairPage::open(name, page); }
};

std::vector<Built> build_pages(std::span<const Pair> pairs, std::uint32_t page_size) {
    std::vector<Built> pages;
    PairPageWriter writer(page_size);
    const auto finish = [&] {
        Built built{.page = std::vector<std::byte>(page_size, std::byte{0xee}),
                    .fence = {},
                    .name = {.segment = 9, .number = static_cast<std::uint32_t>(pages.size())}};
        built.fence = writer.finish(built.name, built.page);
        pages.push_back(std::move(built));
    };
    for (const Pair& pair : pairs) {
        if (writer.add(pair)) continue;
        finish();
        REQUIRE(writer.empty());
        REQUIRE(writer.add(pair));
    }
    if (!writer.empty()) finish();
    return pages;
}

void check_lower_bound(const PairPage& page, std::span<const Pair> pairs, Pair wanted) {
    const auto expected = std::ranges::lower_bound(pairs, wanted) - pairs.begin();
    CAPTURE(wanted.key);
    CAPTURE(wanted.row);
    REQUIRE(page.lower_bound(wanted) == expected);
}

void check_page(const Built& built, std::span<const Pair> pairs, Prng& prng) {
    const auto page = built.open();
    REQUIRE(page.has_value());
    REQUIRE(page->size() == pairs.size());
    for (std::uint32_t i = 0; i < pairs.size(); ++i) REQUIRE(page->at(i) == pairs[i]);
    std::vector<Pair> copied(pairs.size() - pairs.size() / 3);
    page->copy(static_cast<std::uint32_t>(pairs.size() / 3), copied);
    REQUIRE(std::ranges::equal(copied, pairs.subspan(pairs.size() / 3)));

    CHECK(built.fence.first_key == pairs.front().key);
    CHECK(built.fence.first_row == pairs.front().row);
    CHECK(built.fence.count == pairs.size());
    CHECK(built.fence.checksum == wire::checksum(built.page));
    for (std::uint32_t i = 0; i < 50; ++i) {
        const Pair pair = pairs[prng.below(pairs.size())];
        check_lower_bound(*page, pairs, pair);
        check_lower_bound(*page, pairs, {.key = pair.key, .row = pair.row + 1});
        check_lower_bound(*page, pairs, {.key = pair.key, .row = pair.row - 1});
        check_lower_bound(*page, pairs, {.key = pair.key + 1, .row = pair.row});
        check_lower_bound(*page, pairs, {.key = pair.key - 1, .row = pair.row});
        check_lower_bound(*page, pairs, {.key = pair.key, .row = 0});
        check_lower_bound(*page, pairs, {.key = pair.key, .row = UINT32_MAX});
        check_lower_bound(*page, pairs, {.key = prng.next() >> prng.below(64), .row = pair.row});
    }
    check_lower_bound(*page, pairs, {.key = 0, .row = 0});
    check_lower_bound(*page, pairs, {.key = UINT64_MAX, .row = UINT32_MAX});
}

std::size_t check_round_trip(std::span<const Pair> pairs, std::uint32_t page_size, Prng& prng) {
    const std::vector<Built> pages = build_pages(pairs, page_size);
    for (const Built& built : pages) {
        REQUIRE(built.fence.count <= pairs.size());
        check_page(built, pairs.first(built.fence.count), prng);
        pairs = pairs.subspan(built.fence.count);
    }
    CHECK(pairs.empty());
    return pages.size();
}

// Few or many keys of any width, rows of any width, dense or not.
std::vector<Pair> random_pairs(Prng& prng) {
    std::vector<Pair> pairs(prng.between(1, prng.chance(1, 4) ? 20'000 : 500));
    const std::uint64_t key_mask = ~std::uint64_t{0} >> prng.below(64);
    const std::uint64_t key_base = prng.next() & ~key_mask;
    const std::uint64_t row_mask = UINT32_MAX >> prng.below(32);
    const std::uint64_t row_base = prng.next() & UINT32_MAX & ~row_mask;
    const std::uint64_t keys = prng.chance(1, 2) ? UINT64_MAX : prng.between(1, 50);
    const bool dense = prng.chance(1, 3);
    std::uint64_t row = row_base;
    for (Pair& pair : pairs) {
        pair.key = key_base | (mix64(prng.below(keys)) & key_mask);
        row = dense ? row + 1 : row_base | (prng.next() & row_mask);
        pair.row = static_cast<std::uint32_t>(row);
    }
    std::ranges::sort(pairs);
    const auto rest = std::ranges::unique(pairs);
    pairs.erase(rest.begin(), rest.end());
    return pairs;
}

std::vector<Pair> consecutive(std::uint64_t key, std::uint32_t row, std::uint32_t count) {
    std::vector<Pair> pairs(count);
    for (std::uint32_t i = 0; i < count; ++i) pairs[i] = {.key = key, .row = row + i};
    return pairs;
}

}  // namespace

TEST_CASE("pairs of any shape come back from their pages and are found") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const std::vector<Pair> pairs = random_pairs(prng);
        check_round_trip(pairs, prng.chance(1, 2) ? 4096 : 8192, prng);
    }
}

TEST_CASE("the extremes of keys and rows share a page") {
    Prng prng(1);
    const std::vector<Pair> pairs = {
        {.key = 0, .row = 0},          {.key = 0, .row = UINT32_MAX},
        {.key = 1, .row = 7},          {.key = UINT64_MAX - 1, .row = UINT32_MAX},
        {.key = UINT64_MAX, .row = 0}, {.key = UINT64_MAX, .row = UINT32_MAX}};
    CHECK(check_round_trip(pairs, 4096, prng) == 1);
    for (const Pair& pair : pairs) CHECK(check_round_trip({&pair, 1}, 8192, prng) == 1);
}

TEST_CASE("pairs as wide as they can be fill a page") {
    Prng prng(1);
    std::vector<Pair> pairs(2000);
    for (Pair& pair : pairs) pair = {prng.next(), static_cast<std::uint32_t>(prng.next())};
    pairs.push_back({0, 0});
    pairs.push_back({UINT64_MAX, UINT32_MAX});
    std::ranges::sort(pairs);
    const std::vector<Built> pages = build_pages(pairs, 4096);
    CHECK(pages.front().fence.count >= (4096 - 40) / 12);
    check_round_trip(pairs, 4096, prng);
}

TEST_CASE("consecutive rows of one key take no space") {
    Prng prng(1);
    std::vector<Pair> pairs = consecutive(5, 1000, 300'000);
    CHECK(check_round_trip(pairs, 4096, prng) == 1);

    // A gap is too much for so many pairs; for a few it is not.
    pairs.push_back({.key = 5, .row = 400'000});
    CHECK(check_round_trip(pairs, 4096, prng) == 2);
    pairs = consecutive(5, 1000, 100);
    pairs.push_back({.key = 5, .row = 1'000'000});
    pairs.push_back({.key = 5, .row = 1'000'001});
    CHECK(check_round_trip(pairs, 4096, prng) == 1);
    pairs.push_back({.key = 6, .row = 3});
    CHECK(check_round_trip(pairs, 4096, prng) == 1);
}

TEST_CASE("a page of one key ends where another key would not fit") {
    Prng prng(1);
    std::vector<Pair> pairs = consecutive(5, 0, 100'000);
    const std::vector<Pair> more = consecutive(6, 0, 3000);
    pairs.insert(pairs.end(), more.begin(), more.end());
    CHECK(check_round_trip(pairs, 8192, prng) == 2);
}

TEST_CASE("a page holds up to 2^32 - 1 rows of one key") {
    PairPageWriter writer(4096);
    bool added = true;
    for (std::uint32_t row = 0; row < 10'000'000; ++row) {
        added = added && writer.add({.key = UINT64_MAX, .row = UINT32_MAX - 10'000'000 + row});
    }
    REQUIRE(added);
    std::vector<std::byte> page(4096);
    const Fence fence = writer.finish({}, page);
    CHECK(fence.count == 10'000'000);
    auto opened = PairPage::open({}, page);
    REQUIRE(opened.has_value());
    CHECK(opened->at(9'999'999).row == UINT32_MAX - 1);
    CHECK(opened->lower_bound({.key = UINT64_MAX, .row = UINT32_MAX}) == 10'000'000);

    wire::store<std::uint32_t>(page, 24, 0);
    wire::store<std::uint32_t>(page, 12, UINT32_MAX);
    opened = PairPage::open({}, page);
    REQUIRE(opened.has_value());
    CHECK(opened->at(UINT32_MAX - 1).row == UINT32_MAX - 1);
    wire::store<std::uint32_t>(page, 24, 2);
    CHECK(PairPage::open({}, page).error() == PageError::bad_content);
}

TEST_CASE("the page that may hold a pair is found by its fence") {
    Prng prng(4);
    std::vector<Pair> pairs = random_pairs(prng);
    while (pairs.size() < 10'000) pairs = random_pairs(prng);
    std::vector<Fence> fences;
    for (const Built& built : build_pages(pairs, 4096)) fences.push_back(built.fence);
    REQUIRE(fences.size() > 3);
    CHECK(find_page(fences, {}) == 0);
    CHECK(find_page(fences, {UINT64_MAX, UINT32_MAX}) == fences.size() - 1);
    for (std::uint32_t i = 1; i < fences.size(); ++i) {
        const Pair first{.key = fences[i].first_key, .row = fences[i].first_row};
        CHECK(find_page(fences, first) == i);
        CHECK(find_page(fences, *std::prev(std::ranges::lower_bound(pairs, first))) == i - 1);
    }
    CHECK(find_page({}, {}) == 0);
}

TEST_CASE("a page of pairs is refused where its parts contradict each other") {
    const std::vector<Pair> pairs = {{.key = 9, .row = 6}, {.key = 10, .row = 3}, {12, 5}};
    const Built built = build_pages(pairs, 4096).front();
    REQUIRE(wire::load<std::uint16_t>(built.page, 10) == 34);  // 12 bits of three pairs

    struct Row {
        std::size_t offset;
        std::uint8_t value;
        PageError error;
    };

    constexpr Row rows[] = {
        {10, 33, PageError::bad_padding},   {12, 5, PageError::bad_length},
        {12, 1, PageError::bad_length},     {28, 65, PageError::bad_content},
        {29, 33, PageError::bad_content},   {28, 6, PageError::bad_length},
        {30, 1, PageError::bad_padding},    {33, 0x80, PageError::bad_padding},
        {32, 0xff, PageError::bad_content},  // the first key is not the smallest one
    };
    for (const Row& row : rows) {
        CAPTURE(row.offset);
        CAPTURE(row.value);
        Built damaged = built;
        damaged.page[row.offset] = std::byte{row.value};
        const auto opened = damaged.open();
        REQUIRE(!opened.has_value());
        CHECK(to_text(opened.error()) == to_text(row.error));
    }
    Built high = built;
    wire::store<std::uint64_t>(high.page, 16, UINT64_MAX - 2);
    CHECK(high.open().error() == PageError::bad_content);
    wire::store<std::uint64_t>(high.page, 16, UINT64_MAX - 3);
    CHECK(high.open().has_value());
}

TEST_CASE("damaged pairs are refused or read without harm") {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        static const std::vector<Built> pages = [] {
            std::vector<Built> built;
            for (std::uint64_t shape = 1; shape <= 20; ++shape) {
                Prng shapes(shape);
                built.push_back(build_pages(random_pairs(shapes), 4096).front());
            }
            return built;
        }();
        Built damaged = pages[seed % pages.size()];
        const std::uint64_t changes = prng.between(1, 3);
        for (std::uint64_t i = 0; i < changes; ++i) {
            damaged.page[prng.below(prng.chance(1, 2) ? 40 : 4096)] = std::byte(prng.below(256));
        }
        const auto page = damaged.open();
        if (!page.has_value()) continue;
        for (int i = 0; i < 20; ++i) {
            const auto index = static_cast<std::uint32_t>(prng.below(page->size()));
            CHECK(page->lower_bound(page->at(index)) <= page->size());
        }
    }
}

TEST_CASE("the format of pairs does not change") {
    const Built several =
        build_pages(
            std::vector<Pair>{{.key = 0x1009, .row = 6}, {.key = 0x100a, .row = 3}, {0x100c, 5}},
            4096)
            .front();
    constexpr std::uint8_t expected[] = {
        9,    0,    0, 0, 0, 0, 0, 0, 2, 1, 34, 0, 3, 0, 0, 0,  // header
        9,    0x10, 0, 0, 0, 0, 0, 0, 3, 0, 0,  0, 2, 2, 0, 0,  // bases and widths
        0x43, 0x0e,  // key distance and row distance: 0 and 3, 1 and 0, 3 and 2
    };
    CHECK(std::ranges::equal(std::span(several.page).first(sizeof(expected)),
                             std::as_bytes(std::span(expected))));

    const Built one = build_pages(std::vector<Pair>{{7, 100}, {7, 101}, {7, 110}}, 4096).front();
    constexpr std::uint8_t expected_one[] = {
        9, 0, 0, 0, 0, 0, 0, 0, 2,   1, 34, 0, 3, 0, 0, 0,  // header
        7, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0,  0, 0, 4, 0, 0,  // bases and widths
        0, 8,                                               // 0, 0, 8 more than consecutive
    };
    CHECK(std::ranges::equal(std::span(one.page).first(sizeof(expected_one)),
                             std::as_bytes(std::span(expected_one))));
}
