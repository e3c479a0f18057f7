#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/storage/checkpoint_store.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"
#include "tests/support/page_store_world.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr auto append_only = Growth::append_only;
using State = CheckpointStore::State;

constexpr std::size_t chunks(std::size_t count) { return count * sector_size; }

void append(Table& table, Prng& prng, std::size_t size) {
    const std::vector<std::byte> bytes = random_bytes(prng, size);
    table.bytes.insert(table.bytes.end(), bytes.begin(), bytes.end());
}

}  // namespace

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

TEST_CASE("a manifest of another version is refused with its number") {
    PageStoreWorld world(limits_page_store());
    REQUIRE(world.open());
    world.checkpoint(Op{1}, {});
    const std::span<const std::byte> sector =
        world.disk.bytes().subspan(world.newest.offset, sector_size);
    std::vector<std::byte> older(sector.begin(), sector.end());
    wire::store<std::uint32_t>(older, 8, 1);
    world.plant(world.newest.offset, older);
    world.newest.checksum = wire::checksum(older);
    world.restart();
    REQUIRE_FALSE(world.open());
    CHECK(world.store->fault().reason == StoreFault::Reason::format);
    CHECK(world.store->fault().format_error == ManifestError::unknown_version);
    CHECK(world.store->fault().version_found == 1);
}
