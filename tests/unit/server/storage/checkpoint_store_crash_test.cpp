#include <cstddef>
#include <cstdint>
#include <utility>
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

constexpr std::uint64_t size_limit = 64U << 20;

using Fates = std::vector<WriteFate>;

// All kept, all lost, all torn; each single one lost, kept alone or torn.
std::vector<Fates> crash_patterns(std::size_t writes) {
    using enum WriteFate;
    std::vector<Fates> patterns = {Fates(writes, kept), Fates(writes, dropped),
                                   Fates(writes, torn)};
    for (std::size_t i = 0; i < writes; ++i) {
        for (const auto& [single, others] :
             {std::pair(dropped, kept), std::pair(kept, dropped), std::pair(torn, kept)}) {
            patterns.emplace_back(writes, others);
            patterns.back()[i] = single;
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

void check_opens(const MemoryDisk& image, const Limits& limits, const ManifestRoot& root,
                 const Tables& expected) {
    PageStoreWorld world(limits, size_limit, image);
    world.newest = root;
    REQUIRE(world.open());
    REQUIRE(world.read_all() == content_of(expected));
}

void check_image(const MemoryDisk& image, const Limits& limits, const Roots& roots,
                 const Expected& expected) {
    PageStoreWorld world(limits, size_limit, image);
    world.newest = roots.newest;
    world.previous = roots.previous;
    REQUIRE(world.open());
    REQUIRE(world.read_all() == content_of(expected.newest));
    check_opens(image, limits, roots.previous, expected.previous);

    // The half-written rest is no obstacle to the next checkpoint, nor that one to the two before.
    Tables next = expected.newest;
    next.push_back(
        {.id = 99, .growth = Segment::Growth::rewritten, .bytes = std::vector<std::byte>(30'000)});
    const Snapshot snapshot(next, limits.chunk_size);
    world.store->begin(Op{1000}, snapshot.segments);
    world.settle();
    const MemoryDisk& later = world.disk;
    check_opens(later, limits, world.store->root(), next);
    check_opens(later, limits, roots.newest, expected.newest);
    check_opens(later, limits, roots.previous, expected.previous);
}

Tables next_tables(const Tables& before, Prng& prng) {
    Tables tables = before;
    if (tables.empty()) tables = {{.id = 1, .bytes = {}}, {.id = 2, .bytes = {}}};
    const std::vector<std::byte> rows = random_bytes(prng, prng.below(3 * sector_size));
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
    PageStoreWorld world(limits, size_limit, MemoryDisk(seed));
    REQUIRE(world.open());
    Expected durable;
    for (std::uint64_t op = 1; op <= checkpoints; ++op) {
        const Tables tables = next_tables(durable.newest, prng);
        const Snapshot snapshot(tables, limits.chunk_size);
        world.store->begin(Op{op}, snapshot.segments);
        do {
            world.submit();
            for (const Fates& fates : crash_patterns(world.disk.writes_at_risk())) {
                MemoryDisk image = world.disk;
                image.crash(fates);
                check_image(image, limits, {world.newest, world.previous}, durable);
                ++images;
            }
        } while (world.step_any());
        REQUIRE(world.store->written());
        check_image(world.disk, limits, {world.store->root(), world.newest},
                    {tables, durable.newest});
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
        CHECK(sweep(seed, limits) > 900);
    }
}
