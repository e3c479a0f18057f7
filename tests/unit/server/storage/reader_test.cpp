#include "server/storage/reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

// A file of sectors that are filled with their own numbers.
test::MemoryDisk numbered_disk(std::uint8_t sectors) {
    test::MemoryDisk disk(1);
    SectorBuffer buffer(sector_size);
    for (std::uint8_t i = 0; i < sectors; ++i) {
        std::ranges::fill(buffer.bytes(), std::byte{i});
        const IoEffect write = Write{.offset = std::uint64_t{i} * sector_size,
                                     .bytes = buffer.bytes(),
                                     .durability = Durability::durable,
                                     .token = {}};
        disk.submit(std::span(&write, 1));
        disk.complete(0);
    }
    return disk;
}

struct ReaderWorld {
    test::MemoryDisk disk = numbered_disk(20);
    IoQueue io;
    Reader reader{IoOwner::state_restore, 3, io};
    SectorBuffer memory{20 * sector_size};

    std::span<std::byte> sector(std::size_t index) {
        return memory.bytes().subspan(index * sector_size, sector_size);
    }

    void read(std::uint32_t index) {
        reader.read(100 + index, std::uint64_t{index} * sector_size, sector(index));
        disk.submit(io);
    }

    void complete(std::size_t in_flight) {
        const auto done = disk.complete(in_flight);
        CHECK(done.token.owner == IoOwner::state_restore);
        reader.on_io_done(done.token);
    }
};

}  // namespace

TEST_CASE("reads are told in the order of completion, each with its own bytes") {
    ReaderWorld world;
    for (const std::uint32_t index : {7U, 3U, 5U}) world.read(index);
    CHECK_FALSE(world.reader.can_read());
    CHECK_FALSE(world.reader.next_done().has_value());
    world.complete(1);
    world.complete(1);
    CHECK(world.reader.next_done() == 103U);
    CHECK(world.reader.next_done() == 105U);
    CHECK_FALSE(world.reader.next_done().has_value());
    world.complete(0);
    CHECK(world.reader.next_done() == 107U);
    for (const std::uint32_t index : {7U, 3U, 5U}) {
        CHECK(std::ranges::count(world.sector(index), static_cast<std::byte>(index)) ==
              sector_size);
    }
}

TEST_CASE("a completed read counts until it is fetched") {
    ReaderWorld world;
    for (const std::uint32_t index : {1U, 2U, 3U}) world.read(index);
    world.complete(0);
    CHECK_FALSE(world.reader.can_read());
    CHECK(world.reader.pending() == 3);
    CHECK(world.reader.next_done() == 101U);
    CHECK(world.reader.can_read());
    CHECK(world.reader.pending() == 2);
    world.read(4);
    CHECK_FALSE(world.reader.can_read());
    for (int i = 0; i < 3; ++i) world.complete(0);
    CHECK(world.reader.next_done() == 102U);
    world.read(9);
    CHECK(world.reader.next_done() == 103U);
    CHECK(world.reader.next_done() == 104U);
    world.complete(0);
    CHECK(world.reader.next_done() == 109U);
    CHECK(world.reader.pending() == 0);
}
