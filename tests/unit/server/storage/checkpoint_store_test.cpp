#include "server/storage/checkpoint_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/checksum.hpp"
#include "tests/support/page_store_world.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr auto append_only = Segment::Growth::append_only;
constexpr auto rewritten = Segment::Growth::rewritten;
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

TEST_CASE("a chunk without bytes stays as it is in the newest checkpoint") {
    Prng prng(1);
    Table table{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(3))};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {table});
    std::ranges::fill(std::span(table.bytes).subspan(chunks(1), chunks(1)), std::byte{1});
    Snapshot snapshot({table}, world.limits.chunk_size);
    snapshot.segments[0].chunks[0] = {};
    snapshot.segments[0].chunks[2] = {};
    world.writes = 0;
    world.store->begin(Op{2}, snapshot.segments);
    world.settle();
    CHECK(world.writes == 1 + 2);
    world.commit();
    CHECK(world.read_all() == content_of({table}));
}

TEST_CASE("writes in flight are bounded and one flush follows the last of them") {
    Prng prng(1);
    Limits limits = limits_page_store();
    limits.chunk_writes_max = 5;
    PageStoreWorld world(limits);
    REQUIRE(world.open());
    world.checkpoint(Op{1},
                     {{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(40))}});
    CHECK(world.in_flight_max == 5 + 1);  // the file grows meanwhile
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

    const Snapshot third({table()}, world.limits.chunk_size);
    world.store->begin(Op{3}, third.segments);
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
        for (std::uint16_t id = 1; id <= 4; ++id) {
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
    const Snapshot snapshot(tables, world.limits.chunk_size);
    world.store->begin(Op{1}, snapshot.segments);
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
    const Snapshot snapshot(large, world.limits.chunk_size);
    world.store->begin(Op{2}, snapshot.segments);
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

TEST_CASE("a damaged chunk is reported with its place and never returned") {
    Prng prng(1);
    const Tables tables = {
        {.id = 1, .growth = rewritten, .bytes = {}},
        {.id = 7, .growth = append_only, .bytes = random_bytes(prng, chunks(2) + 5)}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, tables);
    world.restart();
    const std::span<const std::byte> wanted = std::span(tables[1].bytes).subspan(chunks(2));
    const auto found = std::ranges::search(world.disk.bytes(), wanted);
    const auto offset = static_cast<std::size_t>(found.begin() - world.disk.bytes().begin());
    REQUIRE(offset % sector_size == 0);
    REQUIRE(world.open());
    SectorBuffer into(sector_size);
    for (const std::size_t damaged_byte : {0U, 4U, 5U, 4095U}) {
        CAPTURE(damaged_byte);
        world.disk.flip_bit(offset + damaged_byte, 0);
        std::ranges::fill(into.bytes(), std::byte{0xaa});
        const auto read = world.read_chunk(1, 2, into.bytes());
        REQUIRE(read.has_value());
        CHECK(read->segment_index == 1);
        CHECK(read->chunk_index == 2);
        CHECK(read->fault == StoreFault{.part = StoreFault::Part::chunk,
                                        .reason = StoreFault::Reason::checksum,
                                        .offset = offset,
                                        .size = sector_size,
                                        .segment_id = 7,
                                        .chunk_index = 2});
        CHECK(std::ranges::count(into.bytes(), std::byte{}) == sector_size);
        world.disk.flip_bit(offset + damaged_byte, 0);
    }
    CHECK(world.read_all() == content_of(tables));
}

TEST_CASE("a chunk from another place or another time is not mistaken for the right one") {
    Prng prng(1);
    const Tables tables = {{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(2))}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, tables);
    world.plant(world.begin, world.disk.bytes().subspan(world.begin + chunks(1), chunks(1)));
    SectorBuffer into(sector_size);
    CHECK(world.read_chunk(0, 0, into.bytes())->fault.has_value());
    CHECK_FALSE(world.read_chunk(0, 1, into.bytes())->fault.has_value());
}

TEST_CASE("several chunks can be read at a time") {
    Prng prng(1);
    const Tables tables = {{.id = 1, .growth = rewritten, .bytes = random_bytes(prng, chunks(3))}};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, tables);
    SectorBuffer into(chunks(3));
    world.store->read_chunk(0, 2, into.bytes().subspan(chunks(2)));
    world.store->read_chunk(0, 0, into.bytes());
    CHECK_FALSE(world.store->can_read());
    world.settle();
    CHECK(world.store->next_read()->chunk_index == 2);
    CHECK(world.store->can_read());
    world.store->read_chunk(0, 1, into.bytes().subspan(chunks(1)));
    world.settle();
    CHECK(world.store->next_read()->chunk_index == 0);
    CHECK(world.store->next_read()->chunk_index == 1);
    CHECK(world.store->reads_in_flight() == 0);
    CHECK_FALSE(world.store->next_read().has_value());
    CHECK(std::ranges::equal(into.bytes(), tables[0].bytes));
}

TEST_CASE(
    "damage anywhere in a manifest is reported with its block, and a bad file is not opened") {
    Prng prng(1);
    Table table{.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(200))};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {table});
    append(table, prng, chunks(1));
    world.checkpoint(Op{2}, {table});

    struct Row {
        StoreFault::Part part;
        std::uint64_t root;
    };

    const Row rows[] = {{StoreFault::Part::newest_manifest, world.newest.offset},
                        {StoreFault::Part::previous_manifest, world.previous.offset}};
    for (const Row& row : rows) {
        for (std::uint64_t block = 0; block < 3; ++block) {  // the leaves were written before
            const std::uint64_t offset = row.root - chunks(block);
            world.restart();
            const std::uint64_t damaged = offset + prng.below(sector_size);
            world.disk.flip_bit(damaged, 4);
            REQUIRE_FALSE(world.open());
            CHECK(world.store->state() == State::damaged);
            const StoreFault& fault = world.store->fault();
            CHECK(fault.part == row.part);
            CHECK(fault.reason == StoreFault::Reason::checksum);
            CHECK(fault.offset == offset);
            world.disk.flip_bit(damaged, 4);
        }
    }
    world.restart();
    REQUIRE(world.open());
}

TEST_CASE("a damaged previous checkpoint can be given up") {
    Prng prng(1);
    const Table table{.id = 1, .growth = append_only, .bytes = random_bytes(prng, chunks(4))};
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {table});
    world.checkpoint(Op{2}, {table});
    world.restart();
    world.disk.flip_bit(world.previous.offset, 0);
    REQUIRE_FALSE(world.open());
    world.previous = {};
    REQUIRE(world.open());
    CHECK(world.store->used_size() == chunks(4 + 2));
    world.checkpoint(Op{3}, {table});
    CHECK(world.read_all() == content_of({table}));
}

TEST_CASE("a manifest that refers to one place twice is refused behind a right checksum") {
    const Limits limits = limits_page_store();
    PageStoreWorld world(limits);
    Manifest manifest{.op = Op{1}, .segments = {}, .chunks = {}, .leaves = {}};
    manifest.segments = {{.size = chunks(2), .chunk_count = 2, .id = 1}};
    const BlockRef chunk{.offset = world.begin, .size = sector_size};
    manifest.chunks = {chunk, chunk};
    std::vector<std::byte> image(chunks(3));
    const auto block = [&](std::size_t index) {
        return std::span(image).subspan(chunks(index), chunks(1));
    };
    const std::uint32_t leaf_size = encode_leaf(manifest, 0, block(1));
    manifest.leaves = {{.checksum = wire::checksum(block(1)),
                        .offset = world.begin + chunks(1),
                        .size = leaf_size}};
    const std::uint32_t root_size = encode_root(manifest, limits.chunk_size, block(2));

    world.plant(world.begin, image);
    world.newest = {
        .offset = world.begin + chunks(2), .size = root_size, .checksum = wire::checksum(block(2))};
    REQUIRE_FALSE(world.open());
    CHECK(world.store->fault().reason == StoreFault::Reason::overlap);
    CHECK(world.store->fault().offset == world.newest.offset);

    world.newest.offset = world.begin - sector_size;
    REQUIRE_FALSE(world.open());
    CHECK(world.store->fault().reason == StoreFault::Reason::format);
    CHECK(world.store->fault().format_error == ManifestError::bad_reference);
}
