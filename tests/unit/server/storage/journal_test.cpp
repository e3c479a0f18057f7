#include "server/storage/journal.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/wire/decode.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

const Limits limits = limits_tiny();
constexpr std::uint32_t body_sizes[] = {0, 100, 3072, 3073, 4096, 9000, 16128};

void check_reads_back(LogWorld& world, Op op, u128 checksum) {
    const JournalRead read = world.read(op);
    CHECK(read.intact);
    CHECK(read.op == op);
    CHECK(read.message->frame().checksum == checksum);
    CHECK(wire::body_intact(*read.message));
}

}  // namespace

TEST_CASE("prepares of all sizes survive a restart and read back as they were") {
    MemoryDisk disk = formatted_disk(limits, 1);
    std::vector<u128> checksums;
    {
        LogWorld world(limits, disk);
        REQUIRE(world.recover() == JournalStatus::ready);
        for (const std::uint32_t body_size : body_sizes) {
            checksums.push_back(world.append(body_size, checksums.size()));
            world.drain();
        }
        CHECK(world.journal().op_durable() == Op{checksums.size()});
        check_reads_back(world, Op{2}, checksums[1]);
    }
    disk.crash();
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    CHECK(world.journal().head() == Op{checksums.size()});
    CHECK(world.journal().head_checksum() == checksums.back());
    CHECK(world.journal().report().torn.empty());
    for (std::size_t i = 0; i < checksums.size(); ++i) {
        check_reads_back(world, Op{i + 1}, checksums[i]);
    }
}

TEST_CASE("an op is durable only after its record and then its evidence are") {
    MemoryDisk disk = formatted_disk(limits, 2);
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    world.append(100, 1);
    world.submit();
    REQUIRE(disk.in_flight() == 1);  // the record
    world.complete_any();
    CHECK(world.journal().op_durable() == Op{0});
    REQUIRE(disk.in_flight() == 1);  // its evidence
    world.append(100, 2);
    world.submit();
    CHECK(disk.in_flight() == 2);  // the next group does not wait for it
    world.drain();
    CHECK(world.journal().op_durable() == Op{2});
}

TEST_CASE("small records that wait together become one write and one evidence") {
    MemoryDisk disk = formatted_disk(limits, 3);
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    world.append(100, 1);
    for (std::uint64_t seed = 2; seed <= 4; ++seed) world.append(200, seed);
    world.submit();
    CHECK(disk.in_flight() == 1);
    const std::uint64_t written_before = disk.bytes_written();
    world.drain();
    CHECK(world.journal().op_durable() == Op{4});
    CHECK(disk.bytes_written() - written_before == (1 + 1 + 3 + 1) * sector_size);
}

TEST_CASE("a group takes no more than the limits allow") {
    MemoryDisk disk = formatted_disk(limits, 3);
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    world.append(0, 0);
    for (std::uint64_t seed = 1; seed <= limits.pipeline_ops_max; ++seed) {
        REQUIRE(world.journal().space_available(wire::header_size));
        world.append(0, seed);
    }
    CHECK(!world.journal().space_available(wire::header_size));
    world.drain();
    CHECK(world.journal().space_available(wire::header_size));
}

TEST_CASE("a full ring takes no more until the tail is released") {
    MemoryDisk disk = formatted_disk(limits, 4);
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    while (world.journal().space_available(limits.message_size_max)) {
        world.append(limits.message_size_max - wire::header_size, 1);
        world.drain();
    }
    const std::uint64_t held = world.journal().head().value;
    CHECK(held == limits.log_size / record_length(limits.message_size_max));
    world.journal().release(world.journal().lsn_after(Op{2}));
    CHECK(world.journal().op_first() == Op{3});
    CHECK(world.journal().space_available(limits.message_size_max));
}

TEST_CASE("the log goes around its ring many times, with restarts in between") {
    MemoryDisk disk = formatted_disk(limits, 5);
    Prng prng(5);
    std::map<std::uint64_t, u128> checksums{{0, 0}};
    JournalStart start;
    std::uint64_t head = 0;
    std::uint64_t bytes = 0;
    while (bytes < 20 * limits.log_size) {
        LogWorld world(limits, disk);
        REQUIRE(world.recover(start) == JournalStatus::ready);
        REQUIRE(world.journal().head() == Op{head});
        for (int i = 0; i < 40; ++i) {
            const std::uint32_t body_size = body_sizes[prng.below(std::size(body_sizes))];
            while (!world.journal().space_available(wire::header_size + body_size)) {
                world.drain();
                start.checkpoint_op = Op{std::min(head, start.checkpoint_op.value + 5)};
                start.checkpoint_checksum = checksums[start.checkpoint_op.value];
                start.tail = world.journal().lsn_after(start.checkpoint_op);
                world.journal().release(start.tail);
            }
            checksums[++head] = world.append(body_size, prng.next());
            bytes += record_length(wire::header_size + body_size);
        }
        world.drain();
        CHECK(world.journal().op_durable() == Op{head});
        check_reads_back(world, start.checkpoint_op.next(),
                         checksums[start.checkpoint_op.value + 1]);
        start.view = start.view.next();
    }
}

TEST_CASE("a read of a damaged record says so") {
    MemoryDisk disk = formatted_disk(limits, 6);
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    world.append(9000, 1);
    world.drain();
    disk.flip_bit(layout_of(limits).log_offset + sector_size + 1234, 3);
    CHECK(!world.read(Op{1}).intact);
}

TEST_CASE("the tail to keep after a checkpoint is the end of its last record") {
    MemoryDisk disk = formatted_disk(limits, 7);
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::ready);
    CHECK(world.journal().lsn_after(Op{0}) == Lsn{0});
    world.append(0, 1);
    const u128 checksum = world.append(4096, 2);
    world.append(0, 3);
    world.drain();
    CHECK(world.journal().lsn_after(Op{1}) == Lsn{4096});
    const Lsn tail = world.journal().lsn_after(Op{2});
    CHECK(tail == Lsn{4096 + 8192});
    LogWorld after(limits, disk);
    const JournalStart start{.tail = tail, .checkpoint_op = Op{2}, .checkpoint_checksum = checksum};
    REQUIRE(after.recover(start) == JournalStatus::ready);
    CHECK(after.journal().op_first() == Op{3});
    CHECK(after.journal().head() == Op{3});
    CHECK(after.journal().lsn_after(Op{2}) == tail);
}
