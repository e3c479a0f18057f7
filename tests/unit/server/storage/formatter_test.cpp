#include "server/storage/formatter.hpp"

#include <doctest/doctest.h>

#include "server/storage/superblock.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

const Limits limits = limits_tiny();

bool opens(MemoryDisk& disk) {
    IoQueue io;
    Superblock superblock(limits, io);
    superblock.open();
    drain(disk, io, [&](IoToken token, IoStatus status) { superblock.on_io_done(token, status); });
    return superblock.status() == SuperblockStatus::open;
}

}  // namespace

TEST_CASE("format makes a file of exactly the zones before the page store") {
    MemoryDisk disk = formatted_disk(limits, 1);
    CHECK(disk.bytes().size() == layout_of(limits).page_store_offset);
    CHECK(opens(disk));
    LogWorld world(limits, disk);
    CHECK(world.recover() == JournalStatus::ready);
    CHECK(world.journal().head() == Op{0});
}

TEST_CASE("a format that is cut off anywhere leaves nothing, or an empty data file") {
    bool done = false;
    for (std::size_t completions = 0; !done; ++completions) {
        for (std::uint64_t seed = 0; seed < 8; ++seed) {
            CAPTURE(completions);
            CAPTURE(seed);
            MemoryDisk disk(seed);
            IoQueue io;
            Formatter formatter(limits, identity_of_tests, io);
            formatter.start();
            disk.submit(io);
            for (std::size_t i = 0; i < completions && disk.in_flight() > 0; ++i) {
                const MemoryDisk::Completion completion = disk.complete_any();
                formatter.on_io_done(completion.token, completion.status);
                disk.submit(io);
            }
            done = formatter.status() == FormatStatus::done;
            disk.crash();
            const bool usable = opens(disk);
            CHECK((usable || !done));
            if (!usable) continue;
            LogWorld world(limits, disk);
            CHECK(world.recover() == JournalStatus::ready);
        }
    }
}

TEST_CASE("format on a full disk reports it") {
    MemoryDisk disk(1, 1U << 16);
    IoQueue io;
    Formatter formatter(limits, identity_of_tests, io);
    formatter.start();
    drain(disk, io, [&](IoToken token, IoStatus status) { formatter.on_io_done(token, status); });
    CHECK(formatter.status() == FormatStatus::no_space);
}
