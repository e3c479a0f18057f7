#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/assert.hpp"
#include "server/storage/journal.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

const Limits limits = limits_tiny();
const Layout layout = layout_of(limits);
constexpr std::uint64_t op_count = 6;

// Acknowledged ops, small and large, each with its own evidence.
MemoryDisk disk_with_ops() {
    MemoryDisk disk = formatted_disk(limits, 1);
    LogWorld world(limits, disk);
    ELYTRA_ASSERT(world.recover() == JournalStatus::ready);
    for (const std::uint32_t body_size : {100U, 5000U, 0U, 9000U, 3072U, 200U}) {
        world.append(body_size, body_size);
        world.drain();
    }
    ELYTRA_ASSERT(world.journal().op_durable() == Op{op_count});
    return disk;
}

std::vector<RecoveredPrepare> prepares_on(MemoryDisk disk) {
    LogWorld world(limits, disk);
    ELYTRA_ASSERT(world.recover() == JournalStatus::ready);
    return world.journal().report().prepares;
}

// Either everything is there, or the journal refuses: a loss is never silent.
JournalStatus recover_and_check(MemoryDisk disk) {
    LogWorld world(limits, disk);
    const JournalStatus status = world.recover();
    if (status == JournalStatus::ready) {
        CHECK(world.journal().head() == Op{op_count});
    } else {
        CHECK(status == JournalStatus::refused);
        CHECK(!world.journal().report().faults.empty());
    }
    return status;
}

}  // namespace

TEST_CASE("a bit that rots in an acknowledged record is reported with its op and place") {
    const MemoryDisk intact = disk_with_ops();
    for (const RecoveredPrepare& prepare : prepares_on(intact)) {
        const std::uint64_t place = layout.log_place(prepare.lsn);
        for (std::uint64_t offset = 0; offset < record_length(prepare.size); offset += 256) {
            CAPTURE(prepare.op.value);
            CAPTURE(offset);
            MemoryDisk disk = intact;
            disk.flip_bit(place + offset + offset / 256 % 256, 5);
            LogWorld world(limits, disk);
            REQUIRE(world.recover() == JournalStatus::refused);
            const RecoveryReport& report = world.journal().report();
            REQUIRE(report.faults.size() == 1);
            CHECK(report.faults[0].log_class == LogClass::lost);
            CHECK(report.faults[0].op == prepare.op);
            CHECK(report.faults[0].from == prepare.lsn);
            CHECK(report.faults[0].checksum_half == low_half(prepare.checksum));
            CHECK(report.class_of(prepare.op) == LogClass::lost);
        }
    }
}

TEST_CASE("a refused log is left as it was found") {
    MemoryDisk disk = disk_with_ops();
    disk.fail_sector(layout.log_offset);
    const std::uint64_t written = disk.bytes_written();
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::refused);
    CHECK(disk.bytes_written() == written);
}

TEST_CASE("a damaged evidence sector is healed, or refused where newer evidence may be lost") {
    const MemoryDisk intact = disk_with_ops();
    std::uint32_t refused = 0;
    for (std::uint32_t slot = 0; slot < limits.evidence_sectors; ++slot) {
        CAPTURE(slot);
        const std::uint64_t place = layout.evidence_offset + std::uint64_t{slot} * sector_size;
        MemoryDisk rotten = intact;
        rotten.flip_bit(place + 40, 0);
        MemoryDisk unreadable = intact;
        unreadable.fail_sector(place);
        const JournalStatus status = recover_and_check(rotten);
        CHECK(recover_and_check(unreadable) == status);
        if (status == JournalStatus::refused) {
            ++refused;
            continue;
        }
        // Healed for good: the next restarts find nothing to complain about.
        for (int restart = 0; restart < 2; ++restart) {
            LogWorld world(limits, rotten);
            REQUIRE(world.recover() == JournalStatus::ready);
            CHECK(world.journal().report().evidence_damaged_count == (restart == 0 ? 1 : 0));
        }
    }
    CHECK(refused == 2);  // the newest one, and the one that the next would replace
}

TEST_CASE("a whole zone that is gone is never taken for an empty log") {
    SUBCASE("evidence") {
        MemoryDisk disk = disk_with_ops();
        disk.wreck(layout.evidence_offset, layout.evidence_size);
        CHECK(recover_and_check(std::move(disk)) == JournalStatus::refused);
    }
    SUBCASE("evidence, zeroed") {
        MemoryDisk disk = disk_with_ops();
        const std::vector<std::byte> zeros(layout.evidence_size);
        disk.overwrite(layout.evidence_offset, zeros);
        CHECK(recover_and_check(std::move(disk)) == JournalStatus::refused);
    }
    SUBCASE("log") {
        MemoryDisk disk = disk_with_ops();
        disk.wreck(layout.log_offset, layout.log_size);
        CHECK(recover_and_check(std::move(disk)) == JournalStatus::refused);
    }
    SUBCASE("log, zeroed") {
        MemoryDisk disk = disk_with_ops();
        const std::vector<std::byte> zeros(layout.log_size);
        disk.overwrite(layout.log_offset, zeros);
        CHECK(recover_and_check(std::move(disk)) == JournalStatus::refused);
    }
}

TEST_CASE("a record write or an evidence write that the disk lost loses no op silently") {
    for (const bool lose_evidence : {false, true}) {
        for (std::uint64_t victim = 1; victim <= op_count; ++victim) {
            CAPTURE(lose_evidence);
            CAPTURE(victim);
            MemoryDisk disk = formatted_disk(limits, victim);
            {
                LogWorld world(limits, disk);
                REQUIRE(world.recover() == JournalStatus::ready);
                for (std::uint64_t op = 1; op <= op_count; ++op) {
                    const std::uint64_t from =
                        lose_evidence ? layout.evidence_offset : layout.log_offset;
                    const std::uint64_t size =
                        lose_evidence ? layout.evidence_size : layout.log_size;
                    if (op == victim) disk.lose_next_write(from, from + size);
                    world.append(100, op);
                    world.drain();
                }
            }
            const JournalStatus status = recover_and_check(std::move(disk));
            CHECK(status == (lose_evidence ? JournalStatus::ready : JournalStatus::refused));
        }
    }
}

TEST_CASE("a record that landed in the place of another one is found") {
    MemoryDisk disk = disk_with_ops();
    const std::vector<RecoveredPrepare> prepares = prepares_on(disk);
    const std::vector<std::byte> all(disk.bytes().begin(), disk.bytes().end());
    disk.overwrite(layout.log_place(prepares[2].lsn),
                   std::span(all).subspan(layout.log_place(prepares[0].lsn), sector_size));
    LogWorld world(limits, disk);
    REQUIRE(world.recover() == JournalStatus::refused);
    CHECK(world.journal().report().class_of(Op{3}) == LogClass::lost);
}

TEST_CASE("another replica's log is not read as one's own") {
    MemoryDisk disk = disk_with_ops();
    IoQueue io;
    Journal journal(limits, {log_identity_of_tests.cluster, ReplicaIndex{1}}, io);
    journal.recover({});
    drain(disk, io, [&](IoToken token, IoStatus status) { journal.on_io_done(token, status); });
    CHECK(journal.status() == JournalStatus::refused);
}
