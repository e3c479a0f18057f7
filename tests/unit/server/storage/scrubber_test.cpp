#include "server/storage/scrubber.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/page_store_world.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

constexpr std::size_t chunks(std::size_t count) { return count * sector_size; }

// A store that is scrubbed in virtual time, and what was read.
struct ScrubWorld {
    explicit ScrubWorld(std::uint64_t pass_seconds = 14 * 24 * 3600, std::uint8_t replica = 0)
        : scrubber({.cluster = ClusterId{77},
                    .replica = ReplicaIndex{replica},
                    .chunk_size = store.limits.chunk_size,
                    .pass_nanoseconds = pass_seconds * second},
                   *store.store, store.io) {
        store.scrubber = &scrubber;
        REQUIRE(store.open());
    }

    std::uint64_t blocks() const {
        return 1 + store.store->newest().leaves.size() + store.store->newest().chunks.size();
    }

    // Ticks ten times a second, from second 1,000 on; every read completes between two ticks.
    void run(std::uint64_t seconds) {
        for (std::uint64_t i = 0; i < 10 * seconds; ++i) tick();
    }

    void tick() {
        now += second / 10;
        scrubber.on_tick(Instant{now});
        note_reads();
        store.settle();
        if (const std::optional<StoreFault> fault = scrubber.take_fault()) faults.push_back(*fault);
    }

    void note_reads() {
        for (const IoEffect& effect : store.io.effects()) {
            const auto* read = std::get_if<Read>(&effect);
            if (read == nullptr || read->token.owner != IoOwner::scrubber) continue;
            offsets.push_back(read->offset);
            times.push_back(now);
        }
    }

    // Until the pass that goes on is complete.
    void finish_pass() {
        const std::uint64_t passes = scrubber.counters().passes_completed;
        while (scrubber.counters().passes_completed == passes) tick();
    }

    PageStoreWorld store{limits_page_store()};
    Scrubber scrubber;
    std::uint64_t now = 1000 * second;
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> times;
    std::vector<StoreFault> faults;
};

Tables some_tables(Prng& prng) {
    Table uneven{.id = 800'000, .bytes = random_bytes(prng, chunks(3))};
    uneven.chunk_sizes = {1, 2, 3, 2000};
    return {{.id = 1, .bytes = random_bytes(prng, chunks(140))},
            {.id = 2, .bytes = {}},
            uneven,
            {.id = 7, .bytes = random_bytes(prng, chunks(5))}};
}

std::set<std::uint64_t> offsets_of(const CheckpointStore& store) {
    std::set<std::uint64_t> offsets;
    for (const Extent& extent : extents_of(store.newest_root(), store.newest())) {
        offsets.insert(extent.offset);
    }
    return offsets;
}

}  // namespace

TEST_CASE("a pass reads every block once and counts what is right") {
    Prng prng(1);
    ScrubWorld world(600);
    world.store.checkpoint(Op{1}, some_tables(prng));
    world.finish_pass();
    const std::uint64_t blocks = world.blocks();
    CHECK(world.offsets.size() == blocks + 1);  // the next pass begins
    CHECK(std::set(world.offsets.begin(), world.offsets.end()) == offsets_of(*world.store.store));
    CHECK(world.scrubber.counters().blocks_verified == blocks + 1);
    CHECK(world.scrubber.counters().bytes_verified == (blocks + 1) * sector_size);
    CHECK(world.scrubber.counters().faults_found == 0);
    world.finish_pass();
    CHECK(world.offsets.size() == 2 * blocks + 1);
    CHECK(world.scrubber.counters().passes_completed == 2);
    CHECK(world.faults.empty());
}

TEST_CASE("nothing is read without a checkpoint, nor before the first interval is over") {
    Prng prng(1);
    ScrubWorld world;
    world.run(100);
    CHECK(world.offsets.empty());
    CHECK(world.scrubber.counters().passes_completed == 0);
    world.store.checkpoint(Op{1}, some_tables(prng));
    world.run(9);
    CHECK(world.offsets.empty());
    world.run(2);
    CHECK(world.offsets.size() == 1);
}

TEST_CASE("a pass takes its period, and no interval is longer than ten seconds") {
    struct Row {
        std::uint64_t pass_seconds;
        std::uint64_t expected_seconds;
    };

    Prng prng(1);
    const Tables tables = some_tables(prng);
    const Row rows[] = {{100, 100}, {1000, 1000}, {14 * 24 * 3600, 1550}};
    for (const Row& row : rows) {
        CAPTURE(row.pass_seconds);
        ScrubWorld world(row.pass_seconds);
        world.store.checkpoint(Op{1}, tables);
        REQUIRE(world.blocks() == 155);
        world.finish_pass();
        const std::uint64_t took = world.times.back() - world.times.front();
        CHECK(took >= row.expected_seconds * second - second / 5);
        CHECK(took <= row.expected_seconds * second + second / 5);
        for (std::size_t i = 1; i < world.times.size(); ++i) {
            REQUIRE(world.times[i] - world.times[i - 1] <= 10 * second);
        }
    }
}

TEST_CASE("after a long pause the scrubber does not catch up in a burst") {
    Prng prng(1);
    ScrubWorld world;
    world.store.checkpoint(Op{1}, some_tables(prng));
    world.run(100);
    world.now += 3600 * second;
    const std::size_t before = world.offsets.size();
    world.run(100);
    CHECK(world.offsets.size() - before <= 11);
}

TEST_CASE("one pass finds every fault, wherever it is, and names its place") {
    Prng prng(1);
    ScrubWorld world(300);
    world.store.checkpoint(Op{1}, some_tables(prng));
    std::map<std::uint64_t, StoreFault> planted;
    const auto plant = [&](const Extent& extent, StoreFault::Part part, std::uint32_t segment,
                           std::uint32_t index) {
        world.store.disk.flip_bit(extent.offset + prng.below(extent.size), 5);
        planted[extent.offset] = {.part = part,
                                  .reason = StoreFault::Reason::checksum,
                                  .offset = extent.offset,
                                  .size = extent.size,
                                  .segment_id = segment,
                                  .index = index};
    };
    const CheckpointStore& store = *world.store.store;
    plant(extent_of(store.newest_root()), StoreFault::Part::newest_manifest, 0, 0);
    plant(extent_of(store.newest().leaves[1]), StoreFault::Part::newest_manifest, 0, 0);
    for (const auto& [segment, index] : {std::pair(1U, 0U),
                                         {1U, 77U},
                                         {1U, 139U},
                                         {800'000U, 2U},
                                         {800'000U, 3U},
                                         {7U, 0U},
                                         {7U, 4U}}) {
        const std::span<const BlockRef> refs = store.find(segment).value();
        plant(extent_of(refs[index]), StoreFault::Part::chunk, segment, index);
    }
    world.finish_pass();
    CHECK(world.faults.size() == planted.size());
    CHECK(world.scrubber.counters().faults_found == planted.size());
    for (const StoreFault& fault : world.faults) CHECK(fault == planted.at(fault.offset));
}

TEST_CASE("every single damaged block is found in one pass") {
    Prng prng(1);
    const Tables tables = some_tables(prng);
    for (std::size_t block = 0; block < 155; block += 4) {
        ScrubWorld world(20);
        world.store.checkpoint(Op{1}, tables);
        const auto extents = extents_of(world.store.newest, world.store.store->newest());
        world.store.disk.flip_bit(extents[block].offset + prng.below(extents[block].size), 0);
        world.finish_pass();
        REQUIRE(world.faults.size() == 1);
        CHECK(world.faults[0].offset == extents[block].offset);
    }
}

TEST_CASE("damage speeds the rest of the pass up tenfold, and only that") {
    Prng prng(1);
    ScrubWorld world;  // every 10 s
    world.store.checkpoint(Op{1}, some_tables(prng));
    world.run(500);
    CHECK(world.offsets.size() == 49);
    CHECK(world.faults.empty());
    const auto extents = extents_of(world.store.newest, world.store.store->newest());
    const std::uint64_t last = world.offsets.back();
    for (const Extent& extent : extents) {
        if (extent.offset == last + sector_size) world.store.disk.flip_bit(extent.offset, 0);
    }
    while (world.faults.empty()) world.tick();
    const std::size_t found_at = world.offsets.size();
    CHECK(found_at == 50);
    world.run(50);
    CHECK(world.offsets.size() >= found_at + 49);
    CHECK(world.offsets.size() <= found_at + 51);
    world.finish_pass();
    const std::size_t next_pass = world.offsets.size();
    world.run(100);
    CHECK(world.offsets.size() <= next_pass + 11);
}

TEST_CASE("a fault waits until it is taken, and the scrubber with it") {
    Prng prng(1);
    ScrubWorld world;
    world.store.checkpoint(Op{1}, {{.id = 1, .bytes = random_bytes(prng, 10)}});
    for (const Extent& extent : extents_of(world.store.newest, world.store.store->newest())) {
        world.store.disk.flip_bit(extent.offset, 0);
    }
    for (int i = 0; i < 1000; ++i) {
        world.now += second;
        world.scrubber.on_tick(Instant{world.now});
        world.store.settle();
    }
    CHECK(world.scrubber.counters().faults_found == 1);
    CHECK(world.scrubber.take_fault().has_value());
    CHECK_FALSE(world.scrubber.take_fault().has_value());
    world.run(20);
    CHECK(world.faults.size() >= 2);
}

TEST_CASE("one block is read at a time, however long it takes") {
    Prng prng(1);
    ScrubWorld world;
    world.store.checkpoint(Op{1}, some_tables(prng));
    for (int i = 0; i < 100; ++i) {
        world.now += 20 * second;
        world.scrubber.on_tick(Instant{world.now});
        world.store.submit();
    }
    CHECK(world.store.disk.in_flight() == 1);
}

TEST_CASE("a block that was replaced while it was read is not judged") {
    Prng prng(1);
    ScrubWorld world;
    const auto table = [&] { return Table{.id = 1, .bytes = random_bytes(prng, chunks(8))}; };
    world.store.checkpoint(Op{1}, {table()});
    std::uint64_t op = 1;
    std::size_t overtaken = 0;
    world.scrubber.on_tick(Instant{world.now});
    for (int round = 0; round < 40; ++round) {
        world.now += 20 * second;
        world.scrubber.on_tick(Instant{world.now});
        world.store.submit();
        REQUIRE(world.store.disk.in_flight() == 1);
        // The read stays in flight while its block becomes free and its place is used again.
        const auto complete_others = [&] {
            world.store.submit();
            while (world.store.disk.in_flight() > 1) {
                const auto done = world.store.disk.complete(1);
                world.store.store->on_io_done(done.token, done.status);
                world.store.submit();
            }
        };
        for (int i = 0; i < 3; ++i) {
            const auto snapshots = world.store.snapshots_of({table()});
            world.store.store->begin(Op{++op}, segments_of(snapshots));
            complete_others();
            world.store.commit();
        }
        const std::uint64_t verified = world.scrubber.counters().blocks_verified;
        world.store.settle();
        if (world.scrubber.counters().blocks_verified == verified) ++overtaken;
        CHECK_FALSE(world.scrubber.take_fault().has_value());
    }
    CHECK(overtaken > 20);
    CHECK(world.scrubber.counters().faults_found == 0);
}

TEST_CASE("a pass visits every block that existed all the while, whatever was checkpointed") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        ScrubWorld world(60, static_cast<std::uint8_t>(seed % 6));
        Tables tables = some_tables(prng);
        world.store.checkpoint(Op{1}, tables);
        std::uint64_t op = 1;
        for (int pass = 0; pass < 4; ++pass) {
            std::set<std::uint64_t> stayed = offsets_of(*world.store.store);
            const std::size_t reads_before = world.offsets.size();
            const std::uint64_t passes = world.scrubber.counters().passes_completed;
            while (world.scrubber.counters().passes_completed == passes) {
                world.tick();
                if (!prng.chance(1, 30)) continue;
                Table& changed = tables[prng.below(tables.size())];
                changed.bytes.resize(prng.below(chunks(60)), std::byte{9});
                if (!changed.bytes.empty())
                    changed.bytes[prng.below(changed.bytes.size())] ^= std::byte{1};
                std::swap(tables.front(), tables[prng.below(tables.size())]);
                world.store.checkpoint(Op{++op}, tables);
                std::erase_if(stayed, [now = offsets_of(*world.store.store)](std::uint64_t offset) {
                    return !now.contains(offset);
                });
            }
            // The first read of a pass is made in the tick that completes the one before.
            const std::set<std::uint64_t> read(world.offsets.begin() +
                                                   static_cast<std::ptrdiff_t>(reads_before) -
                                                   (pass > 0 ? 1 : 0),
                                               world.offsets.end());
            CHECK(std::ranges::includes(read, stayed));
        }
        CHECK(world.faults.empty());
        CHECK(op > 20);
    }
}

TEST_CASE("replicas start at different places, each always at the same") {
    const auto start_of = [](std::uint8_t replica) {
        Prng prng(1);
        ScrubWorld world(600, replica);
        world.store.checkpoint(Op{1}, some_tables(prng));
        world.run(10);
        return world.offsets.front();
    };
    std::set<std::uint64_t> starts;
    for (std::uint8_t replica = 0; replica < 6; ++replica) {
        CHECK(start_of(replica) == start_of(replica));
        starts.insert(start_of(replica));
    }
    CHECK(starts.size() >= 5);  // of 155 blocks, so two may meet
}
