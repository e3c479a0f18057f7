#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/storage/checkpoint_store.hpp"
#include "tests/support/page_store_world.hpp"

// Chunks written ahead of the checkpoint that they belong to.

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

using Shortage = CheckpointStore::Shortage;
using State = CheckpointStore::State;

constexpr std::size_t chunks(std::size_t count) { return count * sector_size; }

// Writes the rest of the snapshot ahead, one completion at a time.
bool step_ahead(PageStoreWorld& world, Snapshot& snapshot) {
    while (snapshot.write_ahead(*world.store)) continue;
    const bool stepped = world.step();
    while (const auto written = world.store->next_written()) snapshot.on_written(*written);
    return stepped;
}

}  // namespace

TEST_CASE("a checkpoint of chunks written ahead writes its manifest only") {
    Prng prng(1);
    Table table{.id = 1, .growth = Growth::append_only, .bytes = random_bytes(prng, chunks(9) + 5)};
    table.chunk_sizes = {100, 4096, 1};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    std::vector<Snapshot> snapshots = world.snapshots_of({table});
    world.write_ahead(snapshots[0]);
    CHECK(world.writes == 3 + 8);
    CHECK(world.flushes == 0);
    CHECK(world.disk.writes_at_risk() > 0);
    world.writes = 0;
    world.store->begin(Op{1}, segments_of(snapshots));
    world.settle();
    CHECK(world.writes == 2);
    CHECK(world.flushes == 1);
    CHECK(world.disk.writes_at_risk() == 0);
    world.commit();
    CHECK(world.read_all() == content_of({table}));
    world.restart();
    REQUIRE(world.open());
    CHECK(world.read_all() == content_of({table}));
    world.writes = 0;
    world.checkpoint_ahead(Op{2}, {table});
    CHECK(world.writes == 2);
}

TEST_CASE("chunks are written ahead while a checkpoint is written, flushed and committed") {
    Prng prng(1);
    const Tables first = {{.id = 1, .bytes = random_bytes(prng, chunks(12))}};
    Tables second = first;
    second.push_back({.id = 2, .bytes = random_bytes(prng, chunks(40))});
    for (const State from : {State::idle, State::writing, State::flushing, State::written}) {
        PageStoreWorld world(limits_page_store());
        REQUIRE(world.open());
        Snapshot ahead(second[1], world.limits.chunk_size);
        const std::vector<Snapshot> own = world.snapshots_of(first);
        if (from == State::idle) step_ahead(world, ahead);
        world.store->begin(Op{1}, segments_of(own));
        while (world.store->state() < from && world.step()) continue;
        const std::uint64_t flushes = world.flushes;
        while (step_ahead(world, ahead)) continue;
        CHECK(world.writes_in_flight_max == world.limits.chunk_writes_max);
        REQUIRE(world.store->written());
        CHECK(world.flushes - flushes <= 1);
        world.commit();
        CHECK(world.read_all() == content_of(first));

        std::vector<Snapshot> next = world.snapshots_of(first);
        next.push_back(std::move(ahead));
        REQUIRE(next.back().settled());
        world.store->begin(Op{2}, segments_of(next));
        world.settle();
        world.commit();
        CHECK(world.disk.writes_at_risk() == 0);
        world.restart();
        REQUIRE(world.open());
        CHECK(world.read_all() == content_of(second));
    }
}

TEST_CASE("a chunk may wait for a later checkpoint than the next") {
    Prng prng(1);
    Tables tables = {{.id = 1, .bytes = random_bytes(prng, chunks(2))}};
    const Table late{.id = 2, .bytes = random_bytes(prng, chunks(7))};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    Snapshot ahead(late, world.limits.chunk_size);
    world.write_ahead(ahead);
    for (std::uint64_t op = 1; op <= 6; ++op) {
        tables[0] = {.id = 1, .bytes = random_bytes(prng, chunks(2))};
        world.checkpoint(Op{op}, tables);
    }
    tables.push_back(late);
    std::vector<Snapshot> snapshots = world.snapshots_of({tables[0]});
    snapshots.push_back(std::move(ahead));
    world.store->begin(Op{7}, segments_of(snapshots));
    world.settle();
    world.commit();
    world.restart();
    REQUIRE(world.open());
    CHECK(world.read_all() == content_of(tables));
}

TEST_CASE("the checkpoint is not held up by a stream of chunks written ahead") {
    Prng prng(1);
    Limits limits = limits_page_store();
    for (const std::uint32_t writes_max : {1U, 2U, 5U}) {
        limits.chunk_writes_max = writes_max;
        PageStoreWorld world(limits);
        REQUIRE(world.open());
        Snapshot stream({.id = 1, .bytes = random_bytes(prng, chunks(500))}, limits.chunk_size);
        for (int i = 0; i < 10; ++i) step_ahead(world, stream);
        const auto own = world.snapshots_of({{.id = 2, .bytes = random_bytes(prng, chunks(20))}});
        world.store->begin(Op{1}, segments_of(own));
        std::uint64_t steps = 0;
        while (!world.store->written() && step_ahead(world, stream)) ++steps;
        REQUIRE(world.store->written());
        // 20 chunks, a leaf and a root, in turns; then the flush, and the file grows.
        CHECK(steps <= 2 * 22 + 4 * writes_max + 20);
        CHECK(world.writes_in_flight_max <= writes_max);
        CHECK_FALSE(stream.settled());
        while (step_ahead(world, stream)) continue;
        CHECK(stream.settled());
    }
}

TEST_CASE("a stream of chunks written ahead is not held up by a checkpoint") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    Snapshot ahead({.id = 1, .bytes = random_bytes(prng, chunks(10))}, world.limits.chunk_size);
    const auto own = world.snapshots_of({{.id = 2, .bytes = random_bytes(prng, chunks(200))}});
    world.store->begin(Op{1}, segments_of(own));
    for (int i = 0; i < 60; ++i) step_ahead(world, ahead);
    CHECK(ahead.settled());
    CHECK_FALSE(world.store->written());
}

TEST_CASE("only so many chunks are unfinished or not fetched at a time") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    CHECK_FALSE(world.store->can_write_chunk());
    REQUIRE(world.open());
    Snapshot ahead({.id = 1, .bytes = random_bytes(prng, chunks(5))}, world.limits.chunk_size);
    CHECK(ahead.write_ahead(*world.store));
    CHECK(ahead.write_ahead(*world.store));
    CHECK_FALSE(world.store->can_write_chunk());
    CHECK_FALSE(world.store->next_written().has_value());
    world.settle();
    CHECK_FALSE(world.store->can_write_chunk());
    const std::optional<ChunkWritten> written = world.store->next_written();
    REQUIRE(written.has_value());
    CHECK(written->tag == 0);
    CHECK(world.store->can_write_chunk());
    CHECK(world.store->next_written()->tag == 1);
    CHECK_FALSE(world.store->next_written().has_value());
}

TEST_CASE("chunks written ahead that no checkpoint refers to are free after a restart") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    const Tables tables = {{.id = 1, .bytes = random_bytes(prng, chunks(3))}};
    world.checkpoint(Op{1}, tables);
    const std::uint64_t used = world.store->used_size();
    Snapshot orphan({.id = 2, .bytes = random_bytes(prng, chunks(30))}, world.limits.chunk_size);
    world.write_ahead(orphan);
    CHECK(world.store->used_size() == used + chunks(30));
    const std::size_t file_size = world.disk.bytes().size();
    world.restart();
    REQUIRE(world.open());
    CHECK(world.store->used_size() == used);
    world.checkpoint(Op{2}, {{.id = 3, .bytes = random_bytes(prng, chunks(25))}});
    CHECK(world.disk.bytes().size() == file_size);
}

TEST_CASE("chunks written ahead wait for space and go on when there is some") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.disk.set_size_max(world.begin + chunks(8));
    const Table table{.id = 1, .bytes = random_bytes(prng, chunks(12))};
    Snapshot ahead(table, world.limits.chunk_size);
    while (step_ahead(world, ahead)) continue;
    CHECK(world.store->shortage() == Shortage::no_space);
    CHECK(world.store->state() == State::idle);
    world.store->retry_extend();
    while (step_ahead(world, ahead)) continue;
    CHECK(world.store->shortage() == Shortage::no_space);
    CHECK_FALSE(ahead.settled());

    world.disk.set_size_max(UINT64_MAX);
    world.store->retry_extend();
    while (step_ahead(world, ahead)) continue;
    CHECK(world.store->shortage() == Shortage::none);
    std::vector<Snapshot> snapshots;
    snapshots.push_back(std::move(ahead));
    world.store->begin(Op{1}, segments_of(snapshots));
    world.settle();
    world.commit();
    CHECK(world.read_all() == content_of({table}));
}

TEST_CASE("a checkpoint and chunks written ahead both get over a shortage") {
    Prng prng(1);
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.disk.set_size_max(world.begin + chunks(8));
    const Table table{.id = 1, .bytes = random_bytes(prng, chunks(12))};
    Snapshot ahead(table, world.limits.chunk_size);
    const auto own = world.snapshots_of({{.id = 2, .bytes = random_bytes(prng, chunks(12))}});
    world.store->begin(Op{1}, segments_of(own));
    while (step_ahead(world, ahead)) continue;
    CHECK(world.store->shortage() == Shortage::no_space);
    world.disk.set_size_max(UINT64_MAX);
    world.store->retry_extend();
    while (step_ahead(world, ahead)) continue;
    CHECK(world.store->shortage() == Shortage::none);
    CHECK(world.store->written());
    CHECK(ahead.settled());
}

TEST_CASE("chunks written ahead that found no space get what a checkpoint sets free") {
    Prng prng(1);
    const auto limit = PageStoreWorld::begin + chunks(24);
    for (const bool by_limit : {true, false}) {
        PageStoreWorld world(limits_page_store(), by_limit ? limit : 64U << 20);
        if (!by_limit) world.disk.set_size_max(limit);
        REQUIRE(world.open());
        world.checkpoint(Op{1}, {{.id = 1, .bytes = random_bytes(prng, chunks(10))}});
        world.checkpoint(Op{2}, {});
        world.store->begin(Op{3}, {});
        world.settle();
        Snapshot ahead({.id = 2, .bytes = random_bytes(prng, chunks(14))}, sector_size);
        while (step_ahead(world, ahead)) continue;
        CHECK(world.store->shortage() == (by_limit ? Shortage::size_limit : Shortage::no_space));
        CHECK_FALSE(ahead.settled());
        world.commit();
        while (step_ahead(world, ahead)) continue;
        CHECK(world.store->shortage() == Shortage::none);
        CHECK(ahead.settled());
    }
}
