#include "server/engine/merges.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/engine_content.hpp"
#include "tests/support/engine_scene.hpp"

namespace elytra::test {
namespace {

using engine::IndexId;

// The rule of merges with numbers: which tiers the runs of an index have that gets one at every
// cut.
class TierModel {
public:
    TierModel(const Limits& limits, IndexId index) : limits_(limits), index_(index) {}

    const std::vector<std::uint32_t>& tiers() const { return tiers_; }

    void cut() {
        ++cut_;
        choose();
        tiers_.push_back(0);
        for (const Merge& merge : merges_) {
            if (merge.due != cut_) continue;
            const auto first = std::ranges::find(tiers_, merge.tier);
            *first = merge.tier + 1;
            tiers_.erase(first + 1, first + limits_.merge_width);
        }
        std::erase_if(merges_, [&](const Merge& merge) { return merge.due == cut_; });
    }

private:
    struct Merge {
        std::uint32_t tier = 0;
        std::uint64_t due = 0;
    };

    void choose() {
        const std::uint32_t highest = tiers_.empty() ? 0 : tiers_.front();
        for (std::uint32_t tier = highest + 1; tier-- > 0;) {
            bool busy = false;
            std::ptrdiff_t free = std::ranges::count(tiers_, tier);
            for (const Merge& merge : merges_) {
                if (merge.tier != tier) continue;
                busy = busy || merge.due > cut_;
                free -= limits_.merge_width;
            }
            if (busy || free < limits_.merge_width) continue;
            merges_.push_back({tier, cut_ + engine::merge_delay(limits_, index_, tier)});
        }
    }

    Limits limits_;
    IndexId index_;
    std::uint64_t cut_ = 0;
    std::vector<std::uint32_t> tiers_;
    std::deque<Merge> merges_;
};

std::vector<std::uint32_t> tiers_of(const EngineScene& scene, IndexId index) {
    std::vector<std::uint32_t> tiers;
    for (const engine::RunRef& run : scene.world.store->catalog().runs_of(index)) {
        tiers.push_back(run->tier);
    }
    return tiers;
}

void check_tiers(const Limits& limits, std::uint64_t seed, std::uint64_t cuts) {
    CAPTURE(seed);
    EngineScene scene(limits, 3, seed);
    constexpr std::array indexes{IndexId::id, IndexId::debit, IndexId::code};
    std::vector<TierModel> models;
    for (const IndexId index : indexes) models.emplace_back(limits, index);
    for (std::uint64_t cut = 1; cut <= cuts; ++cut) {
        CAPTURE(cut);
        scene.checkpoint();
        for (std::size_t i = 0; i < indexes.size(); ++i) {
            models[i].cut();
            REQUIRE(tiers_of(scene, indexes[i]) == models[i].tiers());
        }
        CHECK(scene.world.flush->segments().size() < storage::segments_fit(limits.chunk_size));
    }
}

// The first scheduled merge, and the place of a page of its second input.
storage::PageAddress page_to_damage(const EngineScene& scene) {
    const engine::Catalog& catalog = scene.world.store->catalog();
    REQUIRE(!catalog.merges.empty());
    return catalog.merges.front().inputs[1]->address(0);
}

}  // namespace

TEST_CASE("results take the places of their inputs at the cut that is fixed in advance") {
    check_tiers(limits_tiny(), 1, 70);
    check_tiers(limits_tiny(), 2, 30);
    Limits wide = limits_tiny();
    wide.merge_width = 3;
    wide.merge_delay = 1;
    check_tiers(wide, 3, 40);
    wide.merge_delay = 3;
    check_tiers(wide, 4, 60);
}

TEST_CASE("runs of many pieces are merged completely") {
    Limits limits = limits_medium();
    limits.page_size = 4U << 10;

    limits.cut_rows = 30'000;
    limits.merge_width = 2;
    limits.merge_delay = 1;
    EngineScene scene(limits, 5, 6);
    scene.traffic.events_max = 3'000;
    for (int cut = 1; cut <= 9; ++cut) {
        CAPTURE(cut);
        scene.checkpoint();
        CHECK(compare_catalog(scene.world, scene.at_cut) == "");
    }
    const auto runs = scene.world.store->catalog().runs_of(IndexId::id);
    CHECK(runs.front()->tier == 2);
    CHECK(runs.front()->pages.chunks().size() > 4);
    CHECK(runs.front()->tail.size() > 1);
}

TEST_CASE("merged as fast as wanted, no result is late, and no cut has much more to merge") {
    Limits limits = limits_tiny();
    limits.merge_width = 4;
    limits.merge_delay = 4;
    EngineScene scene(limits, 5, 6);
    std::uint64_t wanted_max = 0;
    std::uint64_t cuts_with_results = 0;
    for (std::uint64_t cut = 1; cut <= 150; ++cut) {
        CAPTURE(cut);
        while (scene.world.store->rows_since_cut() < limits.cut_rows) scene.run_operation();
        scene.begin_cut();
        const engine::Merges& merges = *scene.world.merges;
        const engine::Catalog& catalog = scene.world.store->catalog();
        const std::uint64_t wanted = merges.pairs_wanted(catalog, cut);
        wanted_max = std::max(wanted_max, wanted);
        for (const engine::ScheduledMerge& merge : catalog.merges) {
            if (merge.due == cut) ++cuts_with_results;
        }
        const std::uint64_t before = merges.pairs_merged();
        scene.world.finish_checkpoint();
        while (merges.pairs_merged() - before < wanted) REQUIRE(scene.world.step());
    }
    CHECK(cuts_with_results > 100);
    // Each pair is merged twice on its way to the third tier; all at once would be many times more.
    const std::uint64_t pairs_per_cut = limits.cut_rows * engine::index_count;
    CHECK(wanted_max < 4 * pairs_per_cut);
}

TEST_CASE("a long merge is set aside for a short one that is due sooner") {
    Limits limits = limits_medium();
    limits.merge_width = 2;
    limits.merge_delay = 1;
    EngineScene scene(limits, 5, 6);
    scene.traffic.events_max = 500;
    const auto& catalog = [&]() -> const engine::Catalog& { return scene.world.store->catalog(); };
    std::uint64_t set_aside = 0;
    for (std::uint64_t cut = 1; cut <= 40; ++cut) {
        CAPTURE(cut);
        // Merges get so little time that hardly any is finished before it is due.
        while (scene.world.store->rows_since_cut() < limits.cut_rows) {
            scene.run_operation();
            scene.world.steps(2);
        }
        const engine::Merges& merges = *scene.world.merges;
        std::vector<engine::ScheduledMerge> begun;
        bool others_due = false;
        for (const engine::ScheduledMerge& merge : catalog().merges) {
            const std::uint64_t left = merges.pairs_left(merge);
            if (merge.due == cut) others_due = others_due || left > 0;
            if (merge.due > cut && left > 0 && left < merge.pair_count()) begun.push_back(merge);
        }
        scene.begin_cut();
        while (!scene.world.flush->done()) REQUIRE(scene.world.step());
        for (const engine::ScheduledMerge& merge : begun) {
            if (others_due && merges.pairs_left(merge) > 0) ++set_aside;
        }
        scene.world.finish_checkpoint();
        CHECK(compare_catalog(scene.world, scene.at_cut) == "");
    }
    CHECK(set_aside > 0);
}

TEST_CASE("a damaged page of an input is reported, and nothing is made of it") {
    EngineScene scene(limits_tiny(), 1, 1);
    while (scene.world.store->catalog().merges.empty()) {
        scene.fill();
        scene.begin_cut();
        if (scene.world.store->catalog().merges.empty()) scene.world.finish_checkpoint();
    }
    const storage::PageAddress page = page_to_damage(scene);
    scene.world.disk.flip_bit(page.offset + 100, 3);
    scene.world.settle();
    REQUIRE(scene.world.merges->fault().has_value());
    CHECK(scene.world.merges->fault()->id == page.id);
    CHECK(scene.world.merges->fault()->offset == page.offset);
    CHECK(scene.world.merges->fault()->size == limits_tiny().page_size);
    CHECK_FALSE(scene.world.merges->due(scene.world.store->catalog(),
                                        scene.world.store->catalog().merges.front().due));
}

TEST_CASE("the filter of a merged run rules out nearly all other ids") {
    EngineScene scene(limits_medium(), 1, 1);
    scene.traffic.events_max = 500;
    while (scene.world.store->catalog().runs_of(IndexId::id).empty() ||
           scene.world.store->catalog().runs_of(IndexId::id).front()->tier == 0) {
        scene.checkpoint();
    }
    const engine::Run& run = *scene.world.store->catalog().runs_of(IndexId::id).front();
    Prng prng(9);
    std::uint32_t wrong = 0;
    constexpr std::uint32_t tries = 100'000;
    for (std::uint32_t i = 0; i < tries; ++i) {
        const std::uint64_t key = forest::key_of(prng.next());
        if (run.filter.may_contain(engine::filter_hash(key))) ++wrong;
    }
    CHECK(wrong < tries / 250);
}

}  // namespace elytra::test
