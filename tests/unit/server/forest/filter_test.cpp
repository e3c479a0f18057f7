#include "server/forest/filter.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

Filter filter_of(std::span<const u128> values) {
    Filter filter(values.size());
    for (const u128 value : values) filter.insert(hash_of(value));
    return filter;
}

std::vector<u128> random_values(std::uint64_t seed, std::size_t count) {
    Prng prng(seed);
    std::vector<u128> values(count);
    for (u128& value : values) value = prng.next_u128();
    return values;
}

std::vector<u128> sequence(std::uint64_t first, std::size_t count) {
    std::vector<u128> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = first + i;
    return values;
}

std::size_t count_maybe(const Filter& filter, std::span<const u128> values) {
    return static_cast<std::size_t>(std::ranges::count_if(
        values, [&](u128 value) { return filter.may_contain(hash_of(value)); }));
}

}  // namespace

TEST_CASE("a filter never denies what was inserted") {
    for (const std::size_t count : {1U, 2U, 31U, 32U, 33U, 1000U, 131'072U}) {
        CAPTURE(count);
        const std::vector<u128> values = random_values(count, count);
        CHECK(count_maybe(filter_of(values), values) == count);
    }
}

TEST_CASE("a filter is wrong at most once in 500 times") {
    constexpr std::size_t probes = 500'000;
    for (const std::size_t count : {4096U, 131'072U, 1'000'000U}) {
        CAPTURE(count);
        const std::vector<u128> others = random_values(99, probes);
        CHECK(count_maybe(filter_of(random_values(1, count)), others) < probes / 500);
        CHECK(count_maybe(filter_of(sequence(1, count)), others) < probes / 500);
        CHECK(count_maybe(filter_of(sequence(1, count)), sequence(count + 1, probes)) <
              probes / 500);
    }
}

TEST_CASE("a filter comes back from its bytes, whatever the order of its entries was") {
    std::vector<u128> values = random_values(5, 1000);
    const Filter filter = filter_of(values);
    REQUIRE(filter.bytes().size() == Filter::size_of(1000));
    CHECK(Filter::size_of(1000) == 32 * 64);
    const Filter loaded = Filter::from_bytes(filter.bytes());
    CHECK(count_maybe(loaded, values) == values.size());
    std::ranges::reverse(values);
    CHECK(std::ranges::equal(filter_of(values).bytes(), loaded.bytes()));
}

TEST_CASE("a filter for nothing holds nothing") {
    CHECK(!Filter().may_contain(hash_of(1)));
    CHECK(!Filter(0).may_contain(0));
    CHECK(Filter(0).bytes().empty());
    CHECK(!Filter::from_bytes({}).may_contain(1));
    CHECK(Filter::size_of(0) == 0);
    Filter().prefetch(1);
}

TEST_CASE("hashes and filters are those of every release") {
    CHECK(hash_of(0) == 0x48218226ff3cd4bf);
    CHECK(hash_of(make_u128(1, 2)) == 0x81a5c1377856b73);
    CHECK(key_of(0x1234'5678'9abc'def0) == 0x12'3456'789a);
    Filter filter(1);
    filter.insert(0x1234'5678'9abc'def0);
    std::uint64_t digest = 0;
    for (const std::byte byte : filter.bytes()) {
        digest = mix64(digest + std::to_integer<std::uint64_t>(byte));
    }
    CHECK(digest == 0xc39d06a00a1d4639);
}
