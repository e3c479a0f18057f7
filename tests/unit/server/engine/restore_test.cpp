#include "server/engine/restore.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/engine_content.hpp"
#include "tests/support/engine_scene.hpp"

namespace elytra::test {
namespace {

using engine::RestoreStatus;
using storage::BlockRef;
using storage::StoreFault;

namespace segments = engine::segments;

void check_restored(EngineScene& scene) {
    REQUIRE(scene.world.restore_status() == RestoreStatus::done);
    CHECK(compare_catalog(scene.world, scene.at_cut) == "");
    CHECK(compare_memory(scene.world, scene.at_cut) == "");
}

// A checkpoint with merges under way, expiries and several tiers.
void grow(EngineScene& scene) {
    for (int cut = 1; cut <= 11; ++cut) scene.checkpoint();
}

// What a restart makes of a checkpoint after `damage` has been done to the disk.
RestoreStatus restore_after(EngineScene& scene, std::function<void()> damage) {
    scene.world.before_restore = std::move(damage);
    scene.restart();
    scene.world.before_restore = nullptr;
    return scene.world.restore_status();
}

// The runs of expiries begin with pages that restoring reads, unless nothing can expire there.
bool is_read(const EngineScene& scene, const storage::SegmentDescriptor& segment,
             std::uint32_t chunk) {
    const bool rows =
        segment.id >= segments::rows_first &&
        segment.id < segments::rows_first + static_cast<std::uint32_t>(engine::row_table_count);
    if (rows) return false;
    for (const auto& runs : scene.world.store->catalog().runs) {
        for (const engine::RunRef& run : runs) {
            if (run->segment == segment.id) return chunk >= run->pages.chunks().size();
        }
    }
    return true;
}

// Begins a checkpoint of the same state with other segments, and restarts from it.
template <class Change>
RestoreStatus restore_changed(const Change& change) {
    EngineScene scene(limits_tiny(), 5, 6);
    grow(scene);
    EngineWorld& world = scene.world;
    std::vector<storage::Segment> list(world.flush->segments().begin(),
                                       world.flush->segments().end());
    change(list);
    // A checkpoint without changes, so that all references are of the newest one.
    world.page_store->begin(Op{++world.op}, list);
    while (!world.page_store->written()) REQUIRE(world.step());
    world.previous = world.newest;
    world.newest = world.page_store->root();
    world.page_store->commit();
    scene.restart();
    return world.restore_status();
}

storage::Segment& segment_of(std::vector<storage::Segment>& list, std::uint32_t id) {
    return *std::ranges::find(list, id, &storage::Segment::id);
}

}  // namespace

TEST_CASE("without a checkpoint there is nothing to restore") {
    EngineWorld world(limits_tiny(), 1);
    world.restart();
    CHECK(world.restore_status() == RestoreStatus::done);
    CHECK(world.store->catalog().cut == 0);
}

TEST_CASE("a restart at any cut gives the state of that cut, and the same checkpoints later") {
    for (const std::uint64_t seed : {1U, 2U}) {
        CAPTURE(seed);
        EngineScene restarting(limits_tiny(), seed, 11);
        EngineScene running(limits_tiny(), seed, 12);
        for (int cut = 1; cut <= 25; ++cut) {
            CAPTURE(cut);
            restarting.checkpoint();
            running.checkpoint();
            REQUIRE(restarting.world.logical_checksum() == running.world.logical_checksum());
            restarting.restart();
            check_restored(restarting);
        }
    }
}

TEST_CASE("a crash while a cut is written leaves the checkpoint before it") {
    EngineScene scene(limits_tiny(), 4, 5);
    for (int cut = 1; cut <= 20; ++cut) {
        CAPTURE(cut);
        scene.checkpoint();
        const Prng operations = scene.operations;
        scene.fill();
        scene.world.begin_cut();
        scene.world.steps(scene.world.prng.below(60));
        scene.restart();
        scene.operations = operations;
        check_restored(scene);
    }
}

TEST_CASE("many chunks of accounts and statuses come back") {
    EngineScene scene(limits_medium(), 8, 9);
    scene.traffic.events_max = 500;
    scene.traffic.accounts_max = 5'000;
    for (int cut = 1; cut <= 6; ++cut) scene.checkpoint();
    CHECK(scene.world.store->catalog().account_images.size() > 2);
    scene.restart();
    check_restored(scene);
}

TEST_CASE("damage of any chunk that restoring reads is reported with its place") {
    EngineScene scene(limits_tiny(), 5, 6);
    grow(scene);
    const storage::Manifest manifest = scene.world.page_store->newest();
    std::size_t number = 0;
    std::size_t damaged = 0;
    for (const storage::SegmentDescriptor& segment : manifest.segments) {
        for (std::uint32_t chunk = 0; chunk < segment.chunk_count; ++chunk, ++number) {
            if (!is_read(scene, segment, chunk)) continue;
            const BlockRef& block = manifest.chunks[number];
            CAPTURE(segment.id);
            CAPTURE(chunk);
            const std::uint64_t place = block.offset + scene.world.prng.below(block.size_on_disk());
            const auto flip = [&] { scene.world.disk.flip_bit(place, 5); };
            REQUIRE(restore_after(scene, flip) == RestoreStatus::damaged);
            const StoreFault& fault = scene.world.restore->fault();
            CHECK(fault.part == StoreFault::Part::chunk);
            CHECK(fault.reason == StoreFault::Reason::checksum);
            CHECK(fault.segment_id == segment.id);
            CHECK(fault.index == chunk);
            CHECK(fault.offset == block.offset);
            CHECK(fault.size == block.size);
            REQUIRE(restore_after(scene, flip) == RestoreStatus::done);
            ++damaged;
        }
    }
    CHECK(damaged > 80);
}

TEST_CASE("damage of a page with expiries to come is reported") {
    EngineScene scene(limits_tiny(), 5, 6);
    grow(scene);
    const engine::RunRef run = scene.world.store->catalog().runs_of(engine::IndexId::expiry).back();
    const auto last = static_cast<std::uint32_t>(run->fences.size() - 1);
    const storage::PageAddress page = run->address(last);
    const auto flip = [&] { scene.world.disk.flip_bit(page.offset + 20, 1); };
    REQUIRE(restore_after(scene, flip) == RestoreStatus::damaged);
    const StoreFault& fault = scene.world.restore->fault();
    CHECK(fault.part == StoreFault::Part::page);
    CHECK(fault.segment_id == run->segment);
    CHECK(fault.index == last);
    CHECK(fault.offset == page.offset);
    CHECK(fault.size == limits_tiny().page_size);
}

TEST_CASE("segments that contradict each other are recognised") {
    using List = std::vector<storage::Segment>;
    CHECK(restore_changed([](List&) {}) == RestoreStatus::done);
    const std::uint32_t fixed[] = {
        segments::catalog,        segments::accounts,         segments::rows_first,
        segments::rows_first + 1, segments::fences_first,     segments::fences_first + 1,
        segments::statuses,       segments::fences_first + 2, segments::rows_first + 2};
    for (const std::uint32_t id : fixed) {
        CAPTURE(id);
        CHECK(restore_changed([&](List& list) {
                  std::erase_if(list, [&](const auto& segment) { return segment.id == id; });
              }) == RestoreStatus::inconsistent);
        CHECK(restore_changed([&](List& list) { segment_of(list, id).chunks.pop_back(); }) ==
              RestoreStatus::inconsistent);
    }
    // A run, or the changes of accounts.
    CHECK(restore_changed([](List& list) { list.pop_back(); }) == RestoreStatus::inconsistent);
    CHECK(restore_changed([](List& list) { list.back().chunks.clear(); }) ==
          RestoreStatus::inconsistent);
    CHECK(restore_changed([](List& list) {
              std::ranges::reverse(segment_of(list, segments::fences_first).chunks);
          }) == RestoreStatus::inconsistent);
}

}  // namespace elytra::test
