#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/storage/checkpoint_store.hpp"
#include "tests/support/page_store_world.hpp"

// Crash-point sweep: the power fails after every completed I/O of a run of checkpoints, and
// whatever was not flushed is kept, lost or torn in many patterns. The committed checkpoints have
// to open with exactly their contents from every image.

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr std::size_t atomic_write_size = 512;  // all that a device promises to write at once

constexpr std::uint64_t size_limit = 64U << 20;

using Image = std::vector<std::byte>;

// How much of each unflushed write reached the media: a prefix and a suffix of it.
struct Survivor {
    std::size_t prefix = 0;
    std::size_t suffix = 0;
};

Image image_after_crash(PageStoreDisk& disk, const std::vector<Survivor>& survivors) {
    Image image(disk.media().begin(), disk.media().end());
    const std::vector<PageStoreDisk::Unflushed> writes = disk.unflushed();
    for (std::size_t i = 0; i < writes.size(); ++i) {
        const std::span<const std::byte> bytes = writes[i].bytes;
        const std::span<std::byte> place = std::span(image).subspan(writes[i].offset, bytes.size());
        std::ranges::copy(bytes.first(survivors[i].prefix), place.begin());
        const std::size_t suffix = survivors[i].suffix;
        std::ranges::copy(bytes.last(suffix), place.last(suffix).begin());
    }
    return image;
}

// All kept, all lost, each single one lost, kept alone or torn, and random mixtures.
std::vector<std::vector<Survivor>> crash_patterns(PageStoreDisk& disk, Prng& prng) {
    std::vector<Survivor> all;
    for (const PageStoreDisk::Unflushed& write : disk.unflushed()) {
        all.push_back({.prefix = write.bytes.size()});
    }
    const std::vector<Survivor> none(all.size());
    std::vector<std::vector<Survivor>> patterns = {all, none};
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (auto pattern : {all, none}) {
            pattern[i].prefix = all[i].prefix - pattern[i].prefix;
            patterns.push_back(pattern);
        }
        const std::size_t cut =
            prng.between(1, all[i].prefix / atomic_write_size - 1) * atomic_write_size;
        patterns.push_back(all);
        patterns.back()[i].prefix = cut;
        patterns.push_back(all);
        patterns.back()[i] = {.suffix = cut};
    }
    for (int i = 0; i < 4; ++i) {
        patterns.push_back(all);
        for (Survivor& survivor : patterns.back()) {
            const std::size_t blocks = survivor.prefix / atomic_write_size;
            survivor.prefix = prng.between(0, blocks) * atomic_write_size;
        }
    }
    return patterns;
}

struct Roots {
    ManifestRoot newest;
    ManifestRoot previous;
};

struct Expected {
    Tables newest;
    Tables previous;
};

void check_opens(const Image& image, const Limits& limits, const ManifestRoot& root,
                 const Tables& expected) {
    PageStoreWorld world(limits, size_limit, image);
    world.newest = root;
    REQUIRE(world.open());
    REQUIRE(world.read_all() == content_of(expected));
}

void check_image(const Image& image, const Limits& limits, const Roots& roots,
                 const Expected& expected) {
    PageStoreWorld world(limits, size_limit, image);
    world.newest = roots.newest;
    world.previous = roots.previous;
    REQUIRE(world.open());
    REQUIRE(world.read_all() == content_of(expected.newest));
    check_opens(image, limits, roots.previous, expected.previous);

    // The half-written rest is no obstacle to the next checkpoint, nor that one to the two before.
    Tables next = expected.newest;
    next.push_back({.id = 99, .growth = Segment::Growth::rewritten, .bytes = Image(30'000)});
    const Snapshot snapshot(next, limits.chunk_size);
    world.store->begin(Op{1000}, snapshot.segments);
    world.settle();
    const Image later(world.disk.media().begin(), world.disk.media().end());
    check_opens(later, limits, world.store->root(), next);
    check_opens(later, limits, roots.newest, expected.newest);
    check_opens(later, limits, roots.previous, expected.previous);
}

Tables next_tables(const Tables& before, Prng& prng) {
    Tables tables = before;
    if (tables.empty()) tables = {{.id = 1, .bytes = {}}, {.id = 2, .bytes = {}}};
    const Image rows = random_bytes(prng, prng.below(3 * sector_size));
    tables[0].bytes.insert(tables[0].bytes.end(), rows.begin(), rows.end());
    tables[1] = {.id = 2,
                 .growth = Segment::Growth::rewritten,
                 .bytes = random_bytes(prng, prng.below(4 * sector_size))};
    tables.resize(2);
    if (prng.chance(1, 2)) {
        tables.push_back(
            {.id = 3, .growth = Segment::Growth::rewritten, .bytes = random_bytes(prng, 100)});
    }
    return tables;
}

// One run of checkpoints with a crash at every point; the result is the number of images.
std::size_t sweep(std::uint64_t seed, const Limits& limits) {
    constexpr std::uint64_t checkpoints = 5;
    Prng prng(seed);
    std::size_t images = 0;
    PageStoreWorld world(limits, size_limit);
    REQUIRE(world.open());
    Expected durable;
    for (std::uint64_t op = 1; op <= checkpoints; ++op) {
        const Tables tables = next_tables(durable.newest, prng);
        const Snapshot snapshot(tables, limits.chunk_size);
        world.store->begin(Op{op}, snapshot.segments);
        do {
            world.disk.accept(world.io);
            for (const auto& pattern : crash_patterns(world.disk, prng)) {
                const Image image = image_after_crash(world.disk, pattern);
                check_image(image, limits, {world.newest, world.previous}, durable);
                ++images;
            }
        } while (world.step(&prng));
        REQUIRE(world.store->written());
        const Image image(world.disk.media().begin(), world.disk.media().end());
        check_image(image, limits, {world.store->root(), world.newest}, {tables, durable.newest});
        world.commit();
        durable = {tables, durable.newest};
    }
    return images;
}

}  // namespace

TEST_CASE("a crash at any point leaves both committed checkpoints complete") {
    Limits limits = limits_page_store();
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        CAPTURE(seed);
        limits.chunk_writes_max = narrow<std::uint32_t>(seed + 1);
        CHECK(sweep(seed, limits) > 1000);
    }
}
