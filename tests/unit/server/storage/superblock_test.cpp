#include "server/storage/superblock.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/log_world.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

const Limits limits = limits_tiny();
const Layout layout = layout_of(limits);

struct World {
    explicit World(MemoryDisk& on) : disk(on) {}

    SuperblockStatus open() {
        superblock.open();
        drain();
        return superblock.status();
    }

    void drain() {
        test::drain(disk, io, [this](IoToken token, IoStatus status) {
            superblock.on_io_done(token, status);
        });
    }

    void complete_any() {
        const MemoryDisk::Completion completion = disk.complete_any();
        superblock.on_io_done(completion.token, completion.status);
        disk.submit(io);
    }

    std::uint64_t ask_for_view(std::uint32_t view) {
        SuperblockState next = superblock.newest();
        next.view = View{view};
        const std::uint64_t sequence = superblock.update(next);
        disk.submit(io);
        return sequence;
    }

    MemoryDisk& disk;
    IoQueue io;
    Superblock superblock{limits, io};
};

// All combinations of fates of this many writes.
std::vector<std::vector<WriteFate>> all_fates(std::size_t writes) {
    std::vector<std::vector<WriteFate>> result{{}};
    for (std::size_t i = 0; i < writes; ++i) {
        std::vector<std::vector<WriteFate>> longer;
        for (const std::vector<WriteFate>& fates : result) {
            for (WriteFate fate : {WriteFate::kept, WriteFate::dropped, WriteFate::torn}) {
                longer.push_back(fates);
                longer.back().push_back(fate);
            }
        }
        result = std::move(longer);
    }
    return result;
}

}  // namespace

TEST_CASE("a formatted file opens with the identity it was formatted with") {
    MemoryDisk disk = formatted_disk(limits, 1);
    World world(disk);
    REQUIRE(world.open() == SuperblockStatus::open);
    const SuperblockState& state = world.superblock.current();
    CHECK(state.identity == identity_of_tests);
    CHECK(state.sequence == 1);
    CHECK(state.log_size == limits.log_size);
    CHECK(state.checkpoint.op == Op{0});
    CHECK(state.checkpoint.header.frame.checksum == 0);
}

TEST_CASE("wishes that arrive during an update merge into the next one") {
    MemoryDisk disk = formatted_disk(limits, 2);
    World world(disk);
    REQUIRE(world.open() == SuperblockStatus::open);
    CHECK(world.ask_for_view(1) == 2);
    CHECK(world.superblock.status() == SuperblockStatus::updating);
    CHECK(world.ask_for_view(2) == 3);
    SuperblockState next = world.superblock.newest();
    next.commit_max = 5;
    CHECK(world.superblock.update(next) == 3);
    CHECK(world.superblock.current().sequence == 1);
    world.drain();
    CHECK(world.superblock.status() == SuperblockStatus::open);
    World again(disk);
    REQUIRE(again.open() == SuperblockStatus::open);
    CHECK(again.superblock.current().sequence == 3);
    CHECK(again.superblock.current().view == View{2});
    CHECK(again.superblock.current().commit_max == 5);
}

TEST_CASE(
    "a crash at any write of an update opens the old or the new version, the new one if told") {
    constexpr std::size_t completions_max = 8;  // four writes, four reads
    for (std::size_t completions = 0; completions <= completions_max; ++completions) {
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            MemoryDisk disk = formatted_disk(limits, seed);
            World world(disk);
            REQUIRE(world.open() == SuperblockStatus::open);
            const std::uint64_t sequence = world.ask_for_view(9);
            for (std::size_t i = 0; i < completions; ++i) world.complete_any();
            const bool told = world.superblock.current().sequence == sequence;
            CHECK(told == (completions == completions_max));
            for (const std::vector<WriteFate>& fates : all_fates(disk.writes_at_risk())) {
                CAPTURE(completions);
                CAPTURE(seed);
                MemoryDisk crashed = disk;
                crashed.crash(fates);
                World after(crashed);
                REQUIRE(after.open() == SuperblockStatus::open);
                const View view = after.superblock.current().view;
                CHECK((view == View{9} || (view == View{0} && !told)));
                after.ask_for_view(10);
                after.drain();
                World last(crashed);
                REQUIRE(last.open() == SuperblockStatus::open);
                CHECK(last.superblock.current().view == View{10});
            }
        }
    }
}

TEST_CASE("repair while opening survives a crash at any of its writes") {
    for (std::uint32_t kept = 0; kept < superblock_copies; ++kept) {
        const std::uint32_t also_kept = (kept + 1) % superblock_copies;
        for (std::size_t completions = 4; completions < 10; ++completions) {
            MemoryDisk disk = formatted_disk(limits, completions);
            for (std::uint32_t copy = 0; copy < superblock_copies; ++copy) {
                if (copy == kept || copy == also_kept) continue;
                disk.wreck(layout.superblock_copy_offset(copy), superblock_copy_size);
            }
            World world(disk);
            world.superblock.open();
            disk.submit(world.io);
            for (std::size_t i = 0; i < completions; ++i) world.complete_any();
            disk.crash();
            World after(disk);
            REQUIRE(after.open() == SuperblockStatus::open);
            CHECK(after.superblock.current().sequence == 1);
        }
    }
}

TEST_CASE("losing a superblock zone, a lost write or any copy number is harmless and healed") {
    MemoryDisk intact = formatted_disk(limits, 3);
    {
        World world(intact);
        REQUIRE(world.open() == SuperblockStatus::open);
        world.ask_for_view(4);
        world.drain();
    }
    SUBCASE("zone A") { intact.wreck(0, superblock_zone_size); }
    SUBCASE("zone B") { intact.wreck(layout.superblock_b_offset, superblock_zone_size); }
    SUBCASE("unreadable sectors") {
        intact.fail_sector(layout.superblock_copy_offset(0));
        intact.fail_sector(layout.superblock_copy_offset(3) + sector_size);
    }
    SUBCASE("copy numbers") {
        for (std::uint32_t copy = 0; copy < superblock_copies; ++copy) {
            intact.flip_bit(layout.superblock_copy_offset(copy) + 16, copy);
        }
    }
    SUBCASE("a copy in a wrong place") {
        const std::vector<std::byte> all(intact.bytes().begin(), intact.bytes().end());
        intact.overwrite(layout.superblock_copy_offset(2),
                         std::span(all).first(superblock_copy_size));
    }
    World world(intact);
    REQUIRE(world.open() == SuperblockStatus::open);
    CHECK(world.superblock.current().view == View{4});
    for (std::uint32_t copy = 0; copy < superblock_copies; ++copy) {
        const auto healed = decode_superblock_copy(
            intact.bytes().subspan(layout.superblock_copy_offset(copy), superblock_copy_size));
        REQUIRE(healed.has_value());
        CHECK(healed->copy_number == copy);
        CHECK(healed->state.view == View{4});
    }
}

TEST_CASE("an update of which one copy is lost succeeds, of which two are lost fails") {
    for (const std::uint32_t lost : {1U, 2U}) {
        MemoryDisk disk = formatted_disk(limits, lost);
        World world(disk);
        REQUIRE(world.open() == SuperblockStatus::open);
        world.ask_for_view(1);
        disk.lose_next_write(0, 1);
        if (lost == 2) disk.lose_next_write(superblock_copy_distance, superblock_zone_size);
        world.drain();
        if (lost == 1) {
            CHECK(world.superblock.status() == SuperblockStatus::open);
        } else {
            CHECK(world.superblock.status() == SuperblockStatus::failed);
            CHECK(world.superblock.failure() == SuperblockFailure::not_verified);
        }
    }
}

TEST_CASE("a file without a readable superblock is not a data file") {
    MemoryDisk disk(1);
    World world(disk);
    REQUIRE(world.open() == SuperblockStatus::failed);
    CHECK(world.superblock.failure() == SuperblockFailure::not_a_data_file);
}

TEST_CASE("a superblock for another log size is refused and left alone") {
    Limits larger = limits;
    larger.log_size *= 2;
    MemoryDisk disk = formatted_disk(larger, 1);
    const std::vector<std::byte> before(disk.bytes().begin(), disk.bytes().end());
    World world(disk);
    REQUIRE(world.open() == SuperblockStatus::failed);
    CHECK(world.superblock.failure() == SuperblockFailure::other_layout);
    CHECK(std::ranges::equal(disk.bytes(), before));
}

TEST_CASE("a lonely copy is refused") {
    MemoryDisk disk = formatted_disk(limits, 1);
    for (std::uint32_t copy = 1; copy < superblock_copies; ++copy) {
        disk.wreck(layout.superblock_copy_offset(copy), superblock_copy_size);
    }
    World world(disk);
    REQUIRE(world.open() == SuperblockStatus::failed);
    CHECK(world.superblock.failure() == SuperblockFailure::no_quorum);
}
