#pragma once

#include <cstdint>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "tests/support/engine_model.hpp"
#include "tests/support/engine_world.hpp"

namespace elytra::test {

// Random operations over a store, a model beside it, and what that was at the last cut.
// Operations follow from `seed` alone, the order of I/O and jobs from `world_seed`.
struct EngineScene {
    EngineScene(const Limits& limits, std::uint64_t seed, std::uint64_t world_seed)
        : operations(seed), world(limits, world_seed) {}

    void run_operation() { test::run_operation(operations, traffic, model, *world.store); }

    // Operations until the next cut. Meanwhile the last one is brought to the page store, and its
    // merges go on, for a random time.
    void fill() {
        while (world.store->rows_since_cut() < world.limits.cut_rows) {
            run_operation();
            world.steps(world.prng.below(12));
        }
    }

    void begin_cut() {
        at_cut = model;
        world.begin_cut();
    }

    // Fills and cuts; what follows from the cut is durable.
    void checkpoint() {
        fill();
        begin_cut();
        world.finish_checkpoint();
    }

    // A power loss, after which the state is that of the last cut.
    void restart() {
        model = at_cut;
        world.restart();
    }

    Prng operations;
    EngineTraffic traffic;
    EngineWorld world;
    EngineModel model;
    EngineModel at_cut;
};

// Like production, but with cuts that a test can fill.
inline Limits limits_medium() {
    Limits limits = limits_production();
    limits.cut_rows = 4'000;
    limits.chunk_size = 128U << 10;
    limits.merge_width = 4;
    limits.merge_delay = 3;
    limits.page_cache_size = 1U << 20;
    limits.account_image_cuts = 4;
    return limits;
}

}  // namespace elytra::test
