#include "server/storage/checkpoint_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/page_store_world.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr auto append_only = Growth::append_only;
constexpr auto rewritten = Growth::rewritten;
using Shortage = CheckpointStore::Shortage;
using State = CheckpointStore::State;

constexpr std::size_t chunks(std::size_t count) { return count * sector_size; }

void append(Table& table, Prng& prng, std::size_t size) {
    const std::vector<std::byte> bytes = random_bytes(prng, size);
    table.bytes.insert(table.bytes.end(), bytes.begin(), bytes.end());
}

}  // namespace

TEST_CASE("a file without checkpoints opens without segments") {
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    CHECK(world.store->segments().empty());
    CHECK(world.store->op() == Op{0});
    CHECK(world.store->used_size() == 0);
    CHECK(world.disk.bytes().empty());
}

TEST_CASE("a checkpoint comes back after a restart, whatever the sizes of its segments") {
    Prng prng(1);
    const Tables tables = {
        {.id = 9, .growth = append_only, .bytes = random_bytes(prng, chunks(3) + 1)},
        {.id = 2, .growth = rewritten, .bytes = {}},
        {.id = 3, .growth = rewritten, .bytes = random_bytes(prng, chunks(2))},
        {.id = 4, .growth = append_only, .bytes = random_bytes(prng, 7)},
    };
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{5}, tables);
    CHECK(world.read_all() == content_of(tables));
    world.restart();
    REQUIRE(world.open());
    CHECK(world.store->op() == Op{5});
    CHECK(world.read_all() == content_of(tables));
}

TEST_CASE("a manifest may be longer than a chunk") {
    Prng prng(1);
    const Tables tables = {
        {.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(300))}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, tables);
    const std::uint64_t written_first = world.writes;
    CHECK(written_first == 300 + 3 + 1);
    world.restart();
    REQUIRE(world.open());
    CHECK(world.read_all() == content_of(tables));
}

TEST_CASE("of an append-only segment only what grew is written") {
    Prng prng(1);
    Table table{.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(4) + 10)};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {table});
    CHECK(world.writes == 5 + 2);

    append(table, prng, 10);  // the last chunk is longer, at another place
    world.writes = 0;
    world.checkpoint(Op{2}, {table});
    CHECK(world.writes == 1 + 2);

    append(table, prng, chunks(2));
    world.writes = 0;
    world.checkpoint(Op{3}, {table});
    CHECK(world.writes == 3 + 2);

    world.writes = 0;
    world.checkpoint(Op{4}, {table});
    CHECK(world.writes == 2);
    CHECK(world.read_all() == content_of({table}));
    world.restart();
    REQUIRE(world.open());
    append(table, prng, chunks(1));
    world.writes = 0;
    world.checkpoint(Op{5}, {table});
    CHECK(world.writes == 2 + 2);
    CHECK(world.read_all() == content_of({table}));
}

TEST_CASE("a chunk in the middle of a segment can change alone") {
    Prng prng(1);
    Table table{.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(3))};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {table});
    std::ranges::fill(std::span(table.bytes).subspan(chunks(1), chunks(1)), std::byte{1});
    world.writes = 0;
    world.checkpoint(Op{2}, {table});
    CHECK(world.writes == 1 + 2);
    CHECK(world.read_all() == content_of({table}));
    world.checkpoint(Op{3}, {table});
    CHECK(world.store->used_size() == chunks(3 + 2 + 2));
}

TEST_CASE("chunks of a segment may all have different sizes") {
    Prng prng(1);
    Limits limits = limits_page_store();
    limits.chunk_size = 3 * sector_size;
    PageStoreWorld world(limits);
    REQUIRE(world.open());
    Tables tables = {{.id = 1, .growth = append_only, .bytes = random_bytes(prng, 100'000)},
                     {.id = 2, .growth = rewritten, .bytes = random_bytes(prng, 30'000)}};
    for (Table& table : tables) {
        table.chunk_sizes = random_sizes(prng, table.bytes.size(), limits.chunk_size);
    }
    tables[1].chunk_sizes = {1, sector_size, sector_size + 1, 1, 3 * sector_size, 2};
    for (std::uint64_t op = 1; op <= 5; ++op) {
        world.checkpoint(Op{op}, tables);
        CHECK(world.read_all() == content_of(tables));
        world.restart();
        REQUIRE(world.open());
        CHECK(world.read_all() == content_of(tables));
        append(tables[0], prng, 5000);
        tables[1].bytes = random_bytes(prng, 30'000);
    }
}

TEST_CASE("chunks may move to another segment, another place in it, or away") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {{.id = 1, .bytes = random_bytes(prng, chunks(3))},
                             {.id = 2, .bytes = random_bytes(prng, chunks(2))},
                             {.id = 70'000, .bytes = random_bytes(prng, chunks(1))}});
    const auto ref = [&](std::uint32_t id, std::size_t index) {
        return SegmentChunk{.ref = (*world.store->find(id))[index], .bytes = {}};
    };
    const std::vector<Segment> segments = {
        {.id = UINT32_MAX, .chunks = {ref(2, 0), ref(1, 2)}},
        {.id = 1, .chunks = {ref(1, 1), ref(1, 0), ref(2, 1)}},
    };
    std::vector<BlockRef> expected;
    for (const Segment& segment : segments) {
        for (const SegmentChunk& chunk : segment.chunks) expected.push_back(chunk.ref);
    }
    world.writes = 0;
    world.store->begin(Op{2}, segments);
    world.settle();
    world.commit();
    CHECK(world.writes == 2);
    CHECK(world.store->newest().chunks == expected);
    CHECK(world.store->find(UINT32_MAX)->size() == 2);
    CHECK_FALSE(world.store->find(2).has_value());
    CHECK_FALSE(world.store->find(70'000).has_value());
    CHECK(world.store->used_size() == chunks(6 + 2 + 2));
    world.store->begin(Op{3}, segments);
    world.settle();
    world.commit();
    CHECK(world.store->used_size() == chunks(5 + 2 + 2));
    world.restart();
    REQUIRE(world.open());
    CHECK(world.store->newest().chunks == expected);
}

TEST_CASE("a checkpoint may have as many segments as its root block can name") {
    Prng prng(1);
    Limits limits = limits_page_store();
    limits.chunk_size = 2 * sector_size;
    REQUIRE(segments_fit(limits.chunk_size) == 256);
    Tables tables;
    for (std::uint32_t id = 1000; id > 1000 - 256; --id) {
        tables.push_back({.id = id, .bytes = random_bytes(prng, prng.below(20))});
    }
    PageStoreWorld world(limits);
    REQUIRE(world.open());
    world.checkpoint(Op{1}, tables);
    world.restart();
    REQUIRE(world.open());
    CHECK(world.read_all() == content_of(tables));
}

TEST_CASE("writes in flight are bounded and one flush follows the last of them") {
    Prng prng(1);
    Limits limits = limits_page_store();
    limits.chunk_writes_max = 5;
    PageStoreWorld world(limits);
    REQUIRE(world.open());
    world.checkpoint(Op{1},
                     {{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(40))}});
    CHECK(world.writes_in_flight_max == 5);
    CHECK(world.flushes == 1);
    CHECK(world.disk.writes_at_risk() == 0);
}

TEST_CASE("the file grows in steps, not far ahead of use") {
    Prng prng(1);
    Table table{.id = 1, .growth = append_only, .bytes = {}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    for (std::uint64_t op = 1; op <= 30; ++op) {
        append(table, prng, chunks(1));
        world.checkpoint(Op{op}, {table});
        const std::uint64_t ahead = 2 * world.limits.chunk_size + world.limits.extent_step;
        CHECK(world.store->allocated_end() == world.disk.bytes().size());
        CHECK((world.store->allocated_end() - world.begin) % world.limits.extent_step == 0);
        CHECK(world.store->allocated_end() <=
              world.begin + world.store->used_size() + ahead + chunks(4));
    }
}

TEST_CASE("space is reused when its checkpoint is two durable checkpoints old, and not before") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    const std::uint64_t once = chunks(10 + 2);
    const auto table = [&] {
        return Table{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(10))};
    };
    const Tables first = {table()};
    const Tables second = {table()};
    world.checkpoint(Op{1}, first);
    CHECK(world.store->used_size() == once);
    world.checkpoint(Op{2}, second);
    CHECK(world.store->used_size() == 2 * once);

    const auto third = world.snapshots_of({table()});
    world.store->begin(Op{3}, segments_of(third));
    world.settle();
    CHECK(world.store->used_size() == 3 * once);
    PageStoreWorld other(world.limits, world.size_limit, world.disk);
    other.newest = world.previous;
    REQUIRE(other.open());
    CHECK(other.read_all() == content_of(first));
    world.commit();
    CHECK(world.store->used_size() == 2 * once);

    for (std::uint64_t op = 4; op < 20; ++op) world.checkpoint(Op{op}, {table()});
    CHECK(world.disk.bytes().size() <= world.begin + 3 * once + 2 * world.limits.extent_step);
}

TEST_CASE("a restart knows the same free space") {
    Prng prng(1);
    Table rows{.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(5) + 1)};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    for (std::uint64_t op = 1; op < 30; ++op) {
        append(rows, prng, prng.below(chunks(3)));
        const Table balances{
            .id = 2, .growth = rewritten, .bytes = random_bytes(prng, prng.below(chunks(8)))};
        world.checkpoint(Op{op}, {rows, balances});
        const std::uint64_t used = world.store->used_size();
        world.restart();
        REQUIRE(world.open());
        REQUIRE(world.store->used_size() == used);
        REQUIRE(world.read_all() == content_of({rows, balances}));
    }
}

TEST_CASE("with mostly old rows the file stays within 1.35 of what is alive") {
    Prng prng(7);
    Limits limits = limits_page_store();
    limits.chunk_size = 4 * sector_size;
    PageStoreWorld world(limits, 256U << 20);
    REQUIRE(world.open());
    Table rows{.id = 1, .growth = append_only, .bytes = {}};
    Tables tables = {rows,
                     {.id = 2, .growth = rewritten, .bytes = {}},
                     {.id = 3, .growth = rewritten, .bytes = {}}};
    for (std::uint64_t op = 1; op <= 60; ++op) {
        append(tables[0], prng, prng.between(1, chunks(40)));
        const std::size_t rewritten_max = tables[0].bytes.size() / 10;
        tables[1].bytes.resize(prng.below(rewritten_max + 1));
        tables[2].bytes.resize(prng.below(rewritten_max / 4 + 1));
        world.checkpoint(Op{op}, tables);
        std::uint64_t live = 0;
        for (const Table& table : tables) live += table.bytes.size();
        const std::uint64_t slack = 2 * limits.extent_step + chunks(40);
        CHECK(world.store->allocated_end() - world.begin <= live * 135 / 100 + slack);
    }
}

TEST_CASE("segments of changing sizes that are always rewritten do not fragment the file") {
    Prng prng(7);
    Limits limits = limits_page_store();
    limits.chunk_size = 4 * sector_size;
    PageStoreWorld world(limits, 256U << 20);
    REQUIRE(world.open());
    constexpr std::size_t size_max = chunks(60);
    for (std::uint64_t op = 1; op <= 60; ++op) {
        Tables tables;
        for (std::uint32_t id = 1; id <= 4; ++id) {
            tables.push_back({.id = id, .growth = rewritten, .bytes = {}});
            tables.back().bytes.resize(prng.between(size_max / 2, size_max));
        }
        world.checkpoint(Op{op}, tables);
    }
    // Two checkpoints are kept while the third is written.
    const std::uint64_t needed = 3 * 4 * (size_max + chunks(2));
    CHECK(world.store->allocated_end() - world.begin <= needed * 135 / 100);
}

TEST_CASE("a checkpoint waits for space and goes on when there is some") {
    Prng prng(1);
    const Tables tables = {
        {.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(20))}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.disk.set_size_max(world.begin + chunks(8));
    const auto snapshots = world.snapshots_of(tables);
    world.store->begin(Op{1}, segments_of(snapshots));
    world.settle();
    CHECK(world.store->shortage() == Shortage::no_space);
    CHECK(world.store->state() == State::writing);
    world.store->retry_extend();
    CHECK(world.store->shortage() == Shortage::no_space);
    world.settle();
    CHECK(world.store->shortage() == Shortage::no_space);

    world.disk.set_size_max(UINT64_MAX);
    world.store->retry_extend();
    world.settle();
    CHECK(world.store->shortage() == Shortage::none);
    REQUIRE(world.store->written());
    world.commit();
    CHECK(world.read_all() == content_of(tables));
}

TEST_CASE("a failed extension ahead of use is no shortage") {
    Prng prng(1);
    const Tables tables = {
        {.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(6))}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.disk.set_size_max(world.begin + chunks(8));
    world.checkpoint(Op{1}, tables);
    CHECK(world.store->shortage() == Shortage::none);
    CHECK(world.store->allocated_end() == world.begin + chunks(8));
}

TEST_CASE("the size limit stops a checkpoint, and the one before stays readable") {
    Prng prng(1);
    const Tables small = {{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(3))}};
    const Tables large = {{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(30))}};
    const std::uint64_t limit = PageStoreWorld::begin + chunks(21);
    PageStoreWorld world(limits_page_store(), limit + 100);
    REQUIRE(world.open());
    world.checkpoint(Op{1}, small);
    const auto snapshots = world.snapshots_of(large);
    world.store->begin(Op{2}, segments_of(snapshots));
    world.settle();
    CHECK(world.store->shortage() == Shortage::size_limit);
    CHECK(world.disk.bytes().size() == limit);
    world.store->retry_extend();
    world.settle();
    CHECK(world.store->shortage() == Shortage::size_limit);
    world.restart();
    REQUIRE(world.open());
    CHECK(world.read_all() == content_of(small));
    world.checkpoint(Op{2}, small);
    CHECK(world.read_all() == content_of(small));
}
