#include "server/engine/flush.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/engine_content.hpp"
#include "tests/support/engine_model.hpp"
#include "tests/support/engine_world.hpp"

namespace elytra::test {
namespace {

// A ledger over a store, and what it was at the last cut.
struct Scene {
    Scene(std::uint64_t seed, std::uint64_t world_seed)
        : operations(seed), world(limits_tiny(), world_seed) {}

    // Operations until the next cut, while the last one is brought to the page store.
    void fill() {
        while (world.store->rows_since_cut() < world.limits.cut_rows) {
            run_operation(operations, traffic, model, *world.store);
            world.steps(world.prng.below(12));
        }
    }

    void cut() {
        at_cut = model;
        world.begin_cut();
    }

    Prng operations;
    EngineTraffic traffic;
    EngineWorld world;
    EngineModel model;
    EngineModel at_cut;
};

}  // namespace

TEST_CASE("a cut has all rows, pairs, accounts and statuses of the operations before it") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        Scene scene(seed, seed + 100);
        for (std::uint64_t cut = 1; cut <= 20; ++cut) {
            CAPTURE(cut);
            scene.fill();
            scene.cut();
            scene.world.finish_checkpoint();
            CHECK(scene.world.store->catalog().cut == cut);
            CHECK(compare_catalog(scene.world, scene.at_cut) == "");
            CHECK(compare_memory(scene.world, scene.model) == "");
        }
        CHECK(scene.world.computes_max <= 3);  // two of the flush, one of a merge
    }
}

}  // namespace elytra::test
