#include "bench/load/closed_supply.hpp"

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

namespace {

MixedStream stream_of(MixOptions mix) {
    return MixedStream({.workload = {.account_count = 10}, .mix = mix});
}

}  // namespace

TEST_CASE("plain batches are full and take the units in their order") {
    const MixedStream stream = stream_of({});
    ClosedSupply supply(stream, 100);
    for (std::uint64_t first = 0; first < 300; first += 100) {
        Batch batch;
        supply.take(batch);
        REQUIRE(batch.units.size() == 100);
        CHECK(batch.events == 100);
        CHECK(batch.units.front().index == first);
        CHECK(batch.units.back().index == first + 99);
    }
}

TEST_CASE("no unit is lost, doubled or split, and queries are requests of their own") {
    MixOptions mix;
    mix.shares = {300, 300, 200, 100, 100};
    const MixedStream stream = stream_of(mix);
    ClosedSupply supply(stream, 10);
    std::vector<bool> seen(1000);
    for (int request = 0; request < 200; ++request) {
        Batch batch;
        supply.take(batch);
        REQUIRE_FALSE(batch.empty());
        CHECK(batch.events <= 10);
        std::uint32_t events = 0;
        for (const Unit& unit : batch.units) {
            CHECK(unit.kind == stream.kind(unit.index));
            CHECK((unit.kind == UnitKind::query) == batch.is_query());
            events += stream.event_count(unit.index);
            REQUIRE(unit.index < seen.size());
            CHECK_FALSE(seen[unit.index]);
            seen[unit.index] = true;
        }
        CHECK(events == batch.events);
        if (batch.is_query()) CHECK(batch.units.size() == 1);
    }
    // All but what may still wait in the last batches.
    const std::vector<bool> early(seen.begin(), seen.begin() + 300);
    CHECK(early == std::vector<bool>(300, true));
}

TEST_CASE("a load of nothing but queries is supplied too") {
    MixOptions mix;
    mix.shares = {0, 0, 0, 0, 1000};
    const MixedStream stream = stream_of(mix);
    ClosedSupply supply(stream, 5);
    for (std::uint64_t index = 0; index < 20; ++index) {
        Batch batch;
        supply.take(batch);
        REQUIRE(batch.is_query());
        CHECK(batch.units.front().index == index);
    }
}
