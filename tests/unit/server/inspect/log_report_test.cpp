#include "server/inspect/log_report.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/assert.hpp"
#include "server/inspect/superblock_report.hpp"
#include "server/storage/layout.hpp"
#include "tests/support/disk_bytes.hpp"
#include "tests/support/log_world.hpp"

using namespace elytra;
using namespace elytra::inspect;
using elytra::test::DiskBytes;
using elytra::test::LogWorld;
using elytra::test::MemoryDisk;

namespace {

constexpr Limits limits = limits_tiny();
constexpr storage::Layout layout = storage::layout_of(limits);

// Acknowledged ops, small and large, each with its own evidence.
MemoryDisk disk_with_ops() {
    MemoryDisk disk = test::formatted_disk(limits, 1);
    LogWorld world(limits, disk);
    ELYTRA_ASSERT(world.recover() == storage::JournalStatus::ready);
    for (const std::uint32_t body_size : {100U, 5000U, 0U, 9000U, 3072U, 200U}) {
        world.append(body_size, body_size);
        world.drain();
    }
    return disk;
}

LogReport report_of(const MemoryDisk& disk) {
    DiskBytes source(disk);
    return read_log(source, limits, read_superblock(source, limits).state());
}

}  // namespace

TEST_CASE("inspect: all records of a sound log are present, with their bodies") {
    const MemoryDisk disk = disk_with_ops();
    const LogReport report = report_of(disk);
    DiskBytes source(disk);
    REQUIRE(report.entries.size() == 6);
    for (std::size_t i = 0; i < report.entries.size(); ++i) {
        const LogEntry& entry = report.entries[i];
        CHECK(entry.record_class == RecordClass::present);
        CHECK(entry.op == Op{i + 1});
        CHECK((entry.header_intact && entry.body_intact));
        CHECK(read_body(source, limits, entry).size() ==
              entry.prepare.frame.size - wire::header_size);
    }
    CHECK(log_damages(report, limits).empty());
    CHECK(log_notes(report).empty());
}

TEST_CASE("inspect: an acknowledged record that rots is lost, and its place is named") {
    const MemoryDisk intact = disk_with_ops();
    for (const LogEntry& before : report_of(intact).entries) {
        const std::uint64_t place = layout.log_place(*before.lsn);
        const std::uint32_t length = storage::record_length(before.prepare.frame.size);
        for (const std::uint64_t offset : {0U, 600U, 3900U, length - 1}) {
            CAPTURE(before.op.value);
            CAPTURE(offset);
            MemoryDisk disk = intact;
            disk.flip_bit(place + offset, 1);
            const LogReport report = report_of(disk);
            const auto lost =
                std::ranges::find(report.entries, RecordClass::lost, &LogEntry::record_class);
            REQUIRE(lost != report.entries.end());
            CHECK(lost->op == before.op);
            CHECK(!(lost->header_intact && lost->body_intact));
            const std::vector<Damage> damages = log_damages(report, limits);
            REQUIRE(damages.size() == 1);
            CHECK(damages[0].offset == place);
            CHECK(damages[0].size >= length);
        }
    }
}

TEST_CASE("inspect: what a crash tears before it is acknowledged is no damage") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        MemoryDisk disk = disk_with_ops();
        {
            LogWorld world(limits, disk);
            REQUIRE(world.recover() == storage::JournalStatus::ready);
            world.append(9000, seed);
            world.submit();
            std::vector<std::size_t> kept = disk.atoms_at_risk();
            for (std::size_t& atoms : kept) atoms = atoms * seed / 31;
            disk.crash_after(kept);
        }
        const LogReport report = report_of(disk);
        CHECK(log_damages(report, limits).empty());
        for (const LogEntry& entry : report.entries) {
            CHECK((entry.record_class == RecordClass::present ||
                   entry.record_class == RecordClass::torn));
        }
    }
}

TEST_CASE("inspect: a damaged evidence sector is damage even where a start would heal it") {
    for (std::uint32_t slot = 0; slot < limits.evidence_sectors; ++slot) {
        CAPTURE(slot);
        MemoryDisk disk = disk_with_ops();
        const std::uint64_t place = layout.evidence_offset + std::uint64_t{slot} * sector_size;
        disk.flip_bit(place + 40, 0);
        const std::vector<Damage> damages = log_damages(report_of(disk), limits);
        REQUIRE(!damages.empty());
        CHECK(damages[0].zone == Zone::evidence);
        CHECK(damages[0].offset == place);
        CHECK(std::ranges::equal(disk.bytes(), MemoryDisk(disk).bytes()));
    }
}

TEST_CASE("inspect: any bytes can stand where the log should be") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        MemoryDisk disk = disk_with_ops();
        Prng prng(seed);
        const std::uint64_t from = prng.below(layout.log_size + layout.evidence_size);
        disk.wreck(layout.evidence_offset + from,
                   1 + prng.below(layout.log_size + layout.evidence_size - from));
        const LogReport report = report_of(disk);
        CHECK(std::ranges::is_sorted(report.entries, {}, [](const LogEntry& entry) {
            return entry.lsn.value_or(Lsn{UINT64_MAX});
        }));
    }
}
