#include "bench/workload/id_sequence.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

namespace {

constexpr std::uint64_t count = 5000;

IdSequence sequence_of(IdOrder order, std::uint64_t seed = 1) {
    return IdSequence({.order = order,
                       .count = count,
                       .seed = seed,
                       .base = WallTime{1'700'000'000'000'999'999}});
}

}  // namespace

TEST_CASE("ids are distinct and never zero or all ones in any order") {
    for (const IdOrder order :
         {IdOrder::tbid, IdOrder::sequential, IdOrder::random, IdOrder::reversed}) {
        const IdSequence ids = sequence_of(order);
        std::set<u128> seen;
        for (std::uint64_t index = 0; index < count; ++index) seen.insert(ids.at(index));
        CHECK(seen.size() == count);
        CHECK(*seen.begin() != 0);
        CHECK(*seen.rbegin() != u128_max);
    }
}

TEST_CASE("sequential counts from 1 up to the count, reversed the other way") {
    CHECK(sequence_of(IdOrder::sequential).at(0) == 1);
    CHECK(sequence_of(IdOrder::sequential).at(count - 1) == count);
    CHECK(sequence_of(IdOrder::reversed).at(0) == count);
    CHECK(sequence_of(IdOrder::reversed).at(count - 1) == 1);
}

TEST_CASE("tbid ids ascend and start with their time in milliseconds") {
    const IdSequence ids = sequence_of(IdOrder::tbid);
    CHECK((ids.at(0) >> 80) == 1'700'000'000'000);
    CHECK((ids.at(1024) >> 80) == 1'700'000'000'001);
    for (std::uint64_t index = 1; index < count; ++index) {
        REQUIRE(ids.at(index) > ids.at(index - 1));
    }
}

TEST_CASE("another seed gives other random ids") {
    CHECK(sequence_of(IdOrder::random, 1).at(7) != sequence_of(IdOrder::random, 2).at(7));
    CHECK(sequence_of(IdOrder::random, 1).at(7) == sequence_of(IdOrder::random, 1).at(7));
}

TEST_CASE("the names of orders stand in the order of their enumerators") {
    CHECK(to_text(IdOrder::tbid) == "tbid");
    CHECK(to_text(IdOrder::reversed) == "reversed");
}
