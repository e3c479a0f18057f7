#include "server/storage/page_cache.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/wire/checksum.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::uint32_t page_size = sector_size;
constexpr PageCache::Options options{
    .page_size = page_size, .capacity = 16 * page_size, .reads_max = 4};

// A file of random pages, and what their parents know of them.
struct PageWorld {
    explicit PageWorld(std::size_t page_count, const PageCache::Options& cache_options = options)
        : cache(cache_options, io) {
        Prng prng(1);
        SectorBuffer buffer(page_size);
        for (std::uint32_t i = 0; i < page_count; ++i) {
            for (std::byte& byte : buffer.bytes()) byte = static_cast<std::byte>(prng.below(256));
            const std::uint64_t offset = std::uint64_t{i} * page_size;
            const IoEffect write = Write{.offset = offset,
                                         .bytes = buffer.bytes(),
                                         .durability = Durability::durable,
                                         .token = {}};
            disk.submit(std::span(&write, 1));
            disk.complete(0);
            pages.push_back({.id = {.segment = i % 3, .number = i / 3},
                             .offset = offset,
                             .checksum = wire::checksum(buffer.bytes())});
        }
    }

    void submit() {
        disk.submit(io);
        reads_in_flight_max = std::max(reads_in_flight_max, disk.in_flight());
    }

    void complete(std::size_t index) {
        cache.on_io_done(disk.complete(index).token);
        submit();
    }

    void settle() {
        submit();
        while (disk.in_flight() > 0) complete(disk.any_in_flight());
    }

    // Whether the page is there, and then it has to be the right one.
    bool has(std::size_t page) {
        const std::span<const std::byte> bytes = cache.want(pages[page]);
        submit();
        if (bytes.empty()) return false;
        REQUIRE(std::ranges::equal(bytes, disk.bytes().subspan(page * page_size, page_size)));
        return true;
    }

    // In a window of its own.
    void load(std::size_t page) {
        cache.open_window();
        if (has(page)) return;
        settle();
        REQUIRE(has(page));
    }

    test::MemoryDisk disk{1};
    IoQueue io;
    PageCache cache;
    std::vector<PageAddress> pages;
    std::size_t reads_in_flight_max = 0;
};

}  // namespace

TEST_CASE("a page is read once and then there") {
    PageWorld world(3);
    world.cache.open_window();
    CHECK_FALSE(world.has(1));
    CHECK_FALSE(world.has(1));
    CHECK(world.disk.in_flight() == 1);
    world.settle();
    CHECK(world.has(1));
    CHECK(world.cache.misses() == 1);
    CHECK(world.cache.hits() == 0);
    CHECK(world.has(1));
    world.cache.open_window();
    CHECK(world.has(1));
    CHECK(world.cache.misses() == 1);
    CHECK(world.cache.hits() == 2);
    CHECK(world.disk.in_flight() == 0);
}

TEST_CASE("pages arrive in any order, and a bounded number of reads is in flight") {
    PageWorld world(8);
    world.cache.open_window();
    for (std::size_t i = 0; i < 8; ++i) CHECK_FALSE(world.has(i));
    CHECK(world.disk.in_flight() == 4);
    world.complete(2);
    CHECK(world.has(2));
    CHECK(world.disk.in_flight() == 4);
    world.complete(3);  // of page 4, whose read began when that of page 2 was done
    CHECK(world.has(4));
    CHECK_FALSE(world.has(0));
    world.settle();
    for (std::size_t i = 0; i < 8; ++i) CHECK(world.has(i));
    CHECK(world.reads_in_flight_max == 4);
    CHECK(world.cache.misses() == 8);
}

TEST_CASE("what a window wanted stays at its place until the next one opens") {
    PageWorld world(200);
    CHECK(world.cache.window_max() == 8);
    for (std::size_t round = 0; round < 20; ++round) {
        for (std::size_t i = 0; i < 20; ++i) world.load((round * 37 + i) % 200);
        world.cache.open_window();
        std::vector<std::span<const std::byte>> window;
        for (std::size_t i = 0; i < 8; ++i) {
            if (!world.has(round * 10 + i)) world.settle();
            window.push_back(world.cache.want(world.pages[round * 10 + i]));
            REQUIRE_FALSE(window.back().empty());
        }
        for (std::size_t i = 0; i < 8; ++i) {
            const std::size_t place = (round * 10 + i) * page_size;
            CHECK(std::ranges::equal(window[i], world.disk.bytes().subspan(place, page_size)));
            CHECK(world.cache.want(world.pages[round * 10 + i]).data() == window[i].data());
        }
    }
}

TEST_CASE("a full window fits beside all reads of the window before") {
    PageWorld world(16, {.page_size = page_size, .capacity = 16 * page_size, .reads_max = 100});
    world.cache.open_window();
    for (std::size_t i = 0; i < 8; ++i) CHECK_FALSE(world.has(i));
    CHECK(world.disk.in_flight() == 8);
    world.cache.open_window();
    for (std::size_t i = 8; i < 16; ++i) CHECK_FALSE(world.has(i));
    CHECK(world.disk.in_flight() == 8);
    world.settle();
    for (std::size_t i = 8; i < 16; ++i) CHECK(world.has(i));
    world.cache.open_window();
    for (std::size_t i = 0; i < 8; ++i) CHECK(world.has(i));
    CHECK(world.cache.misses() == 16);
}

TEST_CASE("reads that have not begun are forgotten with their window") {
    PageWorld world(16);
    world.cache.open_window();
    for (std::size_t i = 0; i < 8; ++i) CHECK_FALSE(world.has(i));
    world.cache.open_window();
    CHECK_FALSE(world.has(9));
    world.settle();
    CHECK(world.has(9));
    for (std::size_t i = 0; i < 4; ++i) CHECK(world.has(i));
    CHECK_FALSE(world.has(4));
    world.settle();
    CHECK(world.has(4));
}

TEST_CASE("pages that are wanted again and again outlive a scan") {
    PageWorld world(1000);
    std::uint64_t misses_of_hot = 0;
    for (std::size_t i = 10; i < 1000; ++i) {
        world.load(i);
        const std::uint64_t misses = world.cache.misses();
        for (std::size_t hot = 0; hot < 4; ++hot) world.load(hot);
        misses_of_hot += world.cache.misses() - misses;
    }
    CHECK(misses_of_hot == 4);
}

TEST_CASE("memory grows as pages arrive and stays within its bound") {
    constexpr std::uint32_t slab = 1U << 20;
    PageWorld world(900, {.page_size = page_size, .capacity = 600 * page_size, .reads_max = 4});
    CHECK(world.cache.memory_size() == 0);
    world.load(0);
    CHECK(world.cache.memory_size() == slab);
    for (std::size_t i = 0; i < 256; ++i) world.load(i);
    CHECK(world.cache.memory_size() == slab);
    for (std::size_t i = 0; i < 900; ++i) world.load(i);
    CHECK(world.cache.memory_size() == 600 * page_size);
    const std::uint64_t misses = world.cache.misses();
    for (std::size_t i = 300; i < 900; ++i) world.load(i);
    CHECK(world.cache.misses() == misses);
}

TEST_CASE("a damaged page is never returned and stops further reads") {
    PageWorld world(6);
    world.load(5);
    world.disk.flip_bit(2 * page_size + 77, 3);
    world.cache.open_window();
    CHECK_FALSE(world.has(1));
    CHECK_FALSE(world.has(2));
    CHECK_FALSE(world.has(3));
    CHECK_FALSE(world.cache.fault().has_value());
    world.settle();
    REQUIRE(world.cache.fault().has_value());
    CHECK(world.cache.fault()->id == world.pages[2].id);
    CHECK(world.cache.fault()->offset == 2 * page_size);
    CHECK(world.cache.fault()->size == page_size);
    CHECK(world.has(1));
    CHECK(world.has(3));
    CHECK(world.has(5));
    CHECK_FALSE(world.has(2));
    CHECK_FALSE(world.has(4));
    CHECK(world.disk.in_flight() == 0);
}

TEST_CASE("a wrong page that nobody waits for any more is no fault") {
    PageWorld world(3);
    world.disk.flip_bit(100, 3);
    world.cache.open_window();
    CHECK_FALSE(world.has(0));
    world.cache.open_window();
    world.settle();
    CHECK_FALSE(world.cache.fault().has_value());
    CHECK_FALSE(world.has(0));
    world.cache.open_window();
    CHECK_FALSE(world.has(0));
    world.settle();
    CHECK(world.cache.fault()->id == world.pages[0].id);
}

TEST_CASE("a page of another place is not taken for the one that its parent knows") {
    PageWorld world(4);
    const std::span<const std::byte> other = world.disk.bytes().subspan(page_size, page_size);
    const std::vector<std::byte> copy(other.begin(), other.end());
    world.disk.overwrite(0, copy);
    world.cache.open_window();
    CHECK_FALSE(world.has(0));
    world.settle();
    CHECK(world.cache.fault()->id == world.pages[0].id);
}

TEST_CASE("whatever is wanted in whatever order, right pages come back") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        PageWorld world(60,
                        {.page_size = page_size,
                         .capacity = static_cast<std::uint32_t>(prng.between(16, 70)) * page_size,
                         .reads_max = static_cast<std::uint32_t>(prng.between(1, 20))});
        std::set<std::size_t> window;
        std::set<std::size_t> returned;
        for (int step = 0; step < 3000; ++step) {
            if (prng.chance(1, 10)) {
                world.cache.open_window();
                window.clear();
                returned.clear();
            }
            const std::size_t page = prng.below(prng.chance(1, 2) ? 60 : 10);
            if (window.contains(page) || window.size() < world.cache.window_max()) {
                window.insert(page);
                const bool there = world.has(page);
                REQUIRE((there || !returned.contains(page)));
                if (there) returned.insert(page);
            }
            if (world.disk.in_flight() > 0 && prng.chance(1, 2)) {
                world.complete(world.disk.any_in_flight());
            }
        }
        world.settle();
        for (const std::size_t page : window) CHECK(world.has(page));
        CHECK(world.cache.hits() > 100);
        CHECK_FALSE(world.cache.fault().has_value());
    }
}
