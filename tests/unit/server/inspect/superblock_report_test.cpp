#include "server/inspect/superblock_report.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "server/storage/layout.hpp"
#include "tests/support/disk_bytes.hpp"
#include "tests/support/log_world.hpp"

using namespace elytra;
using namespace elytra::inspect;
using elytra::test::DiskBytes;
using elytra::test::MemoryDisk;
using storage::SuperblockFailure;

namespace {

constexpr Limits limits = limits_tiny();
constexpr storage::Layout layout = storage::layout_of(limits);

SuperblockReport report_of(const MemoryDisk& disk) {
    DiskBytes source(disk);
    return read_superblock(source, limits);
}

// Puts the version after the newest one in a place, as an update that was cut off leaves it.
void write_next(MemoryDisk& disk, std::uint32_t place, std::uint64_t versions = 1) {
    const SuperblockReport report = report_of(disk);
    storage::SuperblockState next = report.state();
    next.sequence += versions;
    next.parent_checksum = report.places[report.chosen].copy->checksum;
    std::vector<std::byte> bytes(storage::superblock_copy_size);
    storage::encode_superblock_copy(next, static_cast<std::uint8_t>(place), bytes);
    disk.overwrite(layout.superblock_copy_offset(place), bytes);
}

}  // namespace

TEST_CASE("inspect: four equal copies of a superblock are sound") {
    const SuperblockReport report = report_of(test::formatted_disk(limits, 1));
    CHECK(report.failure == SuperblockFailure::none);
    CHECK(report.state().sequence == 1);
    CHECK(superblock_damages(report).empty());
    CHECK(superblock_notes(report).empty());
}

TEST_CASE("inspect: each damaged superblock copy is named with its place") {
    for (std::uint32_t place = 0; place < storage::superblock_copies; ++place) {
        for (const std::uint64_t offset : {0U, 16U, 40U, storage::superblock_copy_size - 1}) {
            CAPTURE(place);
            CAPTURE(offset);
            MemoryDisk disk = test::formatted_disk(limits, 1);
            disk.flip_bit(layout.superblock_copy_offset(place) + offset, 3);
            const std::vector<Damage> damages = superblock_damages(report_of(disk));
            REQUIRE(damages.size() == 1);
            CHECK(damages[0].zone == Zone::superblock);
            CHECK(damages[0].offset == layout.superblock_copy_offset(place));
        }
    }
}

TEST_CASE("inspect: copies that an interrupted update left behind are no damage") {
    MemoryDisk disk = test::formatted_disk(limits, 1);
    write_next(disk, 0);
    write_next(disk, 2);
    const SuperblockReport report = report_of(disk);
    CHECK(report.failure == SuperblockFailure::none);
    CHECK(superblock_damages(report).empty());
    CHECK(!superblock_notes(report).empty());
}

TEST_CASE("inspect: a copy that missed several updates is damage") {
    MemoryDisk disk = test::formatted_disk(limits, 1);
    const MemoryDisk before = disk;
    for (int update = 0; update < 3; ++update) {
        const MemoryDisk last = disk;
        for (const std::uint32_t place : {0U, 1U, 2U}) {
            const SuperblockReport report = report_of(last);
            storage::SuperblockState next = report.state();
            next.parent_checksum = report.places[report.chosen].copy->checksum;
            ++next.sequence;
            std::vector<std::byte> bytes(storage::superblock_copy_size);
            storage::encode_superblock_copy(next, static_cast<std::uint8_t>(place), bytes);
            disk.overwrite(layout.superblock_copy_offset(place), bytes);
        }
    }
    const std::vector<Damage> damages = superblock_damages(report_of(disk));
    REQUIRE(damages.size() == 1);
    CHECK(damages[0].address == "copy 3");
}

TEST_CASE("inspect: what is no superblock is refused") {
    MemoryDisk disk = test::formatted_disk(limits, 1);
    SUBCASE("nothing intact") {
        for (std::uint32_t place = 0; place < storage::superblock_copies; ++place) {
            disk.wreck(layout.superblock_copy_offset(place), sector_size);
        }
        const SuperblockReport report = report_of(disk);
        CHECK(report.failure == SuperblockFailure::not_a_data_file);
        CHECK(!report.any_intact());
    }
    SUBCASE("a lonely copy") {
        for (const std::uint32_t place : {0U, 1U, 2U}) {
            disk.wreck(layout.superblock_copy_offset(place), sector_size);
        }
        const SuperblockReport report = report_of(disk);
        CHECK(report.failure == SuperblockFailure::no_quorum);
        CHECK(report.any_intact());
    }
    SUBCASE("a log of another size") {
        DiskBytes source(disk);
        Limits other = limits;
        other.evidence_sectors *= 2;
        CHECK(read_superblock(source, other).failure != SuperblockFailure::none);
    }
    SUBCASE("an empty file") {
        CHECK(report_of(MemoryDisk(1)).failure == SuperblockFailure::not_a_data_file);
    }
}
