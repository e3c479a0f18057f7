#include "server/engine/fetch.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/forest/filter.hpp"
#include "server/ledger/store.hpp"
#include "tests/support/engine_content.hpp"
#include "tests/support/engine_scene.hpp"

namespace elytra::test {
namespace {

using engine::Progress;
using ledger::IdState;
using ledger::TransferRow;

// Rows in the page store: in several tiers, and some in memory behind them.
void grow(EngineScene& scene) {
    for (int cut = 1; cut <= 9; ++cut) scene.checkpoint();
    scene.fill();
    REQUIRE(scene.world.store->memory_begin().transfers > 100);
}

// False: it still waits when nothing is in flight any more.
bool fetch(EngineWorld& world) {
    while (world.fetch->advance() == Progress::waiting) {
        if (!world.step()) return false;
    }
    return true;
}

bool knows(const EngineScene& scene, std::uint32_t row) {
    const engine::TransferRecord* record =
        scene.world.store->working_set().record(TransferRow{row});
    return record != nullptr && equal(*record, scene.model.transfers[row]);
}

// The inverse of mix64, which is a bijection.
std::uint64_t unmix64(std::uint64_t value) {
    value = (value ^ (value >> 31) ^ (value >> 62)) * 0x319642b2d24d8ec3;
    value = (value ^ (value >> 27) ^ (value >> 54)) * 0x96de1b173f119089;
    return value ^ (value >> 30) ^ (value >> 60);
}

// Ids whose keys in the index are all the same.
u128 colliding_id(std::uint64_t number) {
    constexpr std::uint64_t key = 0x12'3456'789a;
    const std::uint64_t zero_hash = unmix64(forest::hash_of(0));
    return unmix64(key << 24 | number) ^ zero_hash;
}

void add_transfer(EngineScene& scene, u128 id) {
    wire::Account& debit = scene.model.accounts[0];
    wire::Account& credit = scene.model.accounts[1];
    engine::LedgerStore& store = *scene.world.store;
    const wire::Transfer transfer{.id = id,
                                  .debit_account_id = debit.id,
                                  .credit_account_id = credit.id,
                                  .ledger = 1,
                                  .code = 1,
                                  .timestamp = ++scene.model.timestamp};
    store.append_transfer(transfer, {.debit = {0}, .credit = {1}});
    store.end_operation(++scene.model.timestamp);
}

}  // namespace

TEST_CASE("transfers are fetched by id, whatever run they are in") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    EngineWorld& world = scene.world;
    const std::uint32_t stored = world.store->memory_begin().transfers;
    for (std::uint32_t row = 0; row < scene.model.transfers.size(); row += 7) {
        CAPTURE(row);
        const u128 id = scene.model.transfers[row].transfer.id;
        world.fetch->clear();
        world.fetch->add_id(id);
        REQUIRE(fetch(world));
        const ledger::TransferSearch search = world.store->find_transfer(id);
        CHECK(search.state == IdState::created);
        CHECK(search.row == TransferRow{row});
        if (row < stored) CHECK(knows(scene, row));
        world.store->working_set().clear();
    }
}

TEST_CASE("a batch of ids is fetched at once, in windows of the cache") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    EngineWorld& world = scene.world;
    const std::uint32_t stored = world.store->memory_begin().transfers;
    world.fetch->clear();
    for (const engine::TransferRecord& record : scene.model.transfers) {
        world.fetch->add_id(record.transfer.id);
        world.fetch->add_id(record.transfer.id ^ (u128{1} << 126));
    }
    REQUIRE(fetch(world));
    for (std::uint32_t row = 0; row < stored; ++row) CHECK(knows(scene, row));
    for (const engine::TransferRecord& record : scene.model.transfers) {
        const u128 other = record.transfer.id ^ (u128{1} << 126);
        CHECK(world.store->find_transfer(other).state == IdState::unknown);
    }
}

TEST_CASE("ids that failed are found as such") {
    EngineScene scene(limits_tiny(), 3, 4);
    grow(scene);
    EngineWorld& world = scene.world;
    world.fetch->clear();
    for (const u128 id : scene.model.failed_ids) world.fetch->add_id(id);
    REQUIRE(fetch(world));
    for (const u128 id : scene.model.failed_ids) {
        CHECK(world.store->find_transfer(id).state == IdState::failed);
    }
}

TEST_CASE("rows are fetched by number; those in memory are left out") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    EngineWorld& world = scene.world;
    const std::uint32_t stored = world.store->memory_begin().transfers;
    world.fetch->clear();
    for (const std::uint32_t row : {0U, stored / 2, stored - 1, stored, stored + 1}) {
        world.fetch->add_row(TransferRow{row});
    }
    REQUIRE(fetch(world));
    CHECK(knows(scene, 0));
    CHECK(knows(scene, stored / 2));
    CHECK(knows(scene, stored - 1));
    CHECK(world.store->working_set().record(TransferRow{stored}) == nullptr);
}

TEST_CASE("a timestamp is found if and only if a transfer has it") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    EngineWorld& world = scene.world;
    for (const engine::TransferRecord& record : scene.model.transfers) {
        const std::uint64_t timestamp = record.transfer.timestamp;
        for (const std::uint64_t asked : {timestamp - 1, timestamp, timestamp + 1}) {
            const bool exists = std::ranges::any_of(scene.model.transfers, [&](const auto& each) {
                return each.transfer.timestamp == asked;
            });
            world.fetch->clear();
            world.fetch->add_timestamp(asked);
            REQUIRE(fetch(world));
            CHECK(world.store->transfer_at(asked) == exists);
            world.store->working_set().clear();
        }
    }
}

TEST_CASE("nothing to fetch needs no page") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    scene.world.fetch->clear();
    CHECK(scene.world.fetch->advance() == Progress::done);
    // Above all ids there are.
    scene.world.fetch->clear();
    scene.world.fetch->add_id(u128_max);
    CHECK(scene.world.fetch->advance() == Progress::done);
    CHECK(scene.world.cache->misses() == 0);
}

TEST_CASE("filters rule nearly all unknown ids out before a page is read") {
    EngineScene scene(limits_medium(), 1, 2);
    scene.traffic.events_max = 500;
    for (int cut = 1; cut <= 6; ++cut) scene.checkpoint();
    EngineWorld& world = scene.world;
    world.fetch->clear();
    Prng prng(5);
    for (int i = 0; i < 2'000; ++i) world.fetch->add_id(prng.next_u128() >> 1);
    REQUIRE(fetch(world));
    CHECK(world.cache->misses() + world.cache->hits() < 200);
}

TEST_CASE("ids that were chosen to collide are told apart") {
    EngineScene scene(limits_tiny(), 1, 2);
    const auto key_of = [](u128 id) { return forest::key_of(forest::hash_of(id)); };
    REQUIRE(key_of(colliding_id(1)) == key_of(colliding_id(2)));
    scene.run_operation();
    while (scene.model.accounts.size() < 2) scene.run_operation();
    constexpr std::uint32_t count = 4'000;  // several pages of one key
    const auto first = scene.world.store->transfer_count();
    Limits limits = limits_tiny();
    for (std::uint32_t number = 0; number < count;) {
        while (scene.world.store->rows_since_cut() < limits.cut_rows && number < count) {
            add_transfer(scene, colliding_id(number++));
        }
        scene.world.begin_cut();
        scene.world.finish_checkpoint();
    }
    scene.world.begin_cut();
    scene.world.finish_checkpoint();
    const engine::Run& run = *scene.world.store->catalog().runs_of(engine::IndexId::id).front();
    CHECK(run.fences.size() > 1);
    for (const std::uint32_t number : {0U, 1'000U, count - 200}) {
        CAPTURE(number);
        scene.world.fetch->clear();
        scene.world.fetch->add_id(colliding_id(number));
        REQUIRE(fetch(scene.world));
        const ledger::TransferSearch search =
            scene.world.store->find_transfer(colliding_id(number));
        CHECK(search.state == IdState::created);
        CHECK(search.row == TransferRow{first + number});
        scene.world.store->working_set().clear();
    }
}

TEST_CASE("what waits for a damaged page never goes on") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    scene.world.settle();
    const storage::PageAddress page =
        scene.world.store->catalog().table(engine::RowTableId::transfers).address(0);
    scene.world.disk.flip_bit(page.offset + 99, 2);
    scene.world.fetch->clear();
    scene.world.fetch->add_row(TransferRow{0});
    CHECK_FALSE(fetch(scene.world));
    REQUIRE(scene.world.cache->fault().has_value());
    CHECK(scene.world.cache->fault()->id == page.id);
}

TEST_CASE("a fetch that waits survives the end of a flush and of merges") {
    EngineScene scene(limits_tiny(), 1, 2);
    grow(scene);
    scene.begin_cut();
    EngineWorld& world = scene.world;
    const std::uint32_t stored = world.store->memory_begin().transfers;
    world.fetch->clear();
    for (std::uint32_t row = 0; row < stored; ++row) {
        world.fetch->add_id(scene.model.transfers[row].transfer.id);
    }
    REQUIRE(world.fetch->advance() == Progress::waiting);
    while (!world.flush->done()) REQUIRE(world.step());
    REQUIRE(fetch(world));
    for (std::uint32_t row = 0; row < stored; ++row) CHECK(knows(scene, row));
}

}  // namespace elytra::test
