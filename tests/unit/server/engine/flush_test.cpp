#include "server/engine/flush.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/engine_content.hpp"
#include "tests/support/engine_scene.hpp"

namespace elytra::test {
namespace {

void check_cuts(EngineScene& scene, std::uint64_t cuts) {
    for (std::uint64_t cut = 1; cut <= cuts; ++cut) {
        CAPTURE(cut);
        scene.checkpoint();
        CHECK(scene.world.store->catalog().cut == cut);
        CHECK(compare_catalog(scene.world, scene.at_cut) == "");
        CHECK(compare_memory(scene.world, scene.model) == "");
    }
    CHECK(scene.world.computes_max <= 3);  // two of the flush, one of a merge
}

// What each checkpoint was.
std::vector<u128> checksums(std::uint64_t world_seed, const Limits& limits) {
    EngineScene scene(limits, 7, world_seed);
    std::vector<u128> checksums;
    for (int cut = 1; cut <= 15; ++cut) {
        scene.checkpoint();
        checksums.push_back(scene.world.logical_checksum());
    }
    return checksums;
}

}  // namespace

TEST_CASE("a cut has all rows, pairs, accounts and statuses of the operations before it") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        EngineScene scene(limits_tiny(), seed, seed + 100);
        check_cuts(scene, 40);
    }
}

TEST_CASE("cuts of many pages and chunks are complete, too") {
    EngineScene scene(limits_medium(), 4, 5);
    scene.traffic.events_max = 500;
    scene.traffic.accounts_max = 3'000;
    check_cuts(scene, 9);
    CHECK(scene.world.store->catalog().tables[0].pages().chunks().size() > 9);
}

TEST_CASE("checkpoints do not depend on the order in which I/O and jobs complete") {
    const std::vector<u128> first = checksums(1, limits_tiny());
    CHECK(first == checksums(2, limits_tiny()));
    CHECK(first == checksums(3, limits_tiny()));
    Limits patient = limits_tiny();
    patient.chunk_writes_max = 8;
    CHECK(first == checksums(4, patient));
}

TEST_CASE("an index without pairs gets no run") {
    EngineScene scene(limits_tiny(), 1, 1);
    scene.traffic.expiring = false;
    scene.checkpoint();
    const engine::Catalog& catalog = scene.world.store->catalog();
    CHECK(catalog.runs_of(engine::IndexId::expiry).empty());
    CHECK(catalog.runs_of(engine::IndexId::id).size() == 1);
    CHECK(catalog.expiry_first == UINT64_MAX);
}

TEST_CASE("a cut without any rows is a checkpoint as well") {
    EngineScene scene(limits_tiny(), 1, 1);
    scene.checkpoint();
    const std::size_t chunks = scene.world.store->catalog().tables[0].pages().chunks().size();
    for (std::uint64_t cut = 2; cut <= 4; ++cut) {
        scene.begin_cut();
        scene.world.finish_checkpoint();
        CHECK(scene.world.store->catalog().cut == cut);
        CHECK(compare_catalog(scene.world, scene.at_cut) == "");
    }
    CHECK(scene.world.store->catalog().tables[0].pages().chunks().size() == chunks);
}

TEST_CASE("changes of accounts are kept only as long as an image lacks them") {
    EngineScene scene(limits_tiny(), 1, 1);
    for (int cut = 1; cut <= 12; ++cut) {
        scene.checkpoint();
        const engine::Catalog& catalog = scene.world.store->catalog();
        const std::uint64_t oldest = *std::ranges::min_element(catalog.account_image_cuts);
        CHECK(oldest + limits_tiny().account_image_cuts > catalog.cut);
        for (const engine::AccountChanges& changes : catalog.account_changes) {
            CHECK(changes.cut > oldest);
        }
    }
}

TEST_CASE("what has to be done until the next cut is done bit by bit, merges as well") {
    EngineScene scene(limits_tiny(), 7, 8);
    std::uint64_t cuts_with_merges = 0;
    for (int cut = 1; cut <= 20; ++cut) {
        CAPTURE(cut);
        while (scene.world.store->rows_since_cut() < limits_tiny().cut_rows) scene.run_operation();
        scene.begin_cut();
        const engine::Flush& flush = *scene.world.flush;
        const std::uint64_t rows = scene.world.store->previous().row_count();
        const engine::Flush::Share first = flush.share();
        CHECK(first.done == 0);
        CHECK(first.total >= rows * engine::index_count);
        if (first.total > rows * (engine::index_count + 3)) ++cuts_with_merges;
        std::uint64_t done = 0;
        bool was_flushing = true;
        while (scene.world.step()) {
            const engine::Flush::Share share = flush.share();
            CHECK(share.total == first.total);
            CHECK(share.done >= done);
            CHECK(share.done <= share.total);
            if (!was_flushing) CHECK(share.done >= rows * engine::index_count);
            was_flushing = !flush.done();
            done = share.done;
        }
        CHECK(done == first.total);
        scene.world.finish_checkpoint();
    }
    CHECK(cuts_with_merges > 10);
}

TEST_CASE("few chunks wait to be written at a time") {
    EngineScene scene(limits_medium(), 4, 5);
    scene.traffic.events_max = 500;
    scene.fill();
    scene.begin_cut();
    std::size_t unwritten_max = 0;
    while (!scene.world.flush->done() && scene.world.step()) {
        unwritten_max = std::max(unwritten_max, scene.world.flush->unwritten());
    }
    CHECK(unwritten_max >= 3);
    CHECK(unwritten_max <= 8);
}

}  // namespace elytra::test
