#include "server/common/prng.hpp"

#include <doctest/doctest.h>

using namespace elytra;

TEST_CASE("the generator repeats itself for one seed and differs for another") {
    Prng first(7);
    Prng again(7);
    Prng other(8);
    const std::uint64_t drawn = first.next();
    CHECK(drawn == again.next());
    CHECK(drawn != other.next());
}

TEST_CASE("below reaches every value under its bound and none above") {
    Prng prng(1);
    bool seen[5] = {};
    for (int draw = 0; draw < 1000; ++draw) {
        const std::uint64_t value = prng.below(5);
        REQUIRE(value < 5);
        seen[value] = true;
    }
    for (const bool one : seen) CHECK(one);
}

TEST_CASE("between includes both of its ends") {
    Prng prng(2);
    bool low = false;
    bool high = false;
    for (int draw = 0; draw < 1000; ++draw) {
        const std::uint64_t value = prng.between(10, 12);
        REQUIRE(value >= 10);
        REQUIRE(value <= 12);
        low |= value == 10;
        high |= value == 12;
    }
    CHECK(low);
    CHECK(high);
}

TEST_CASE("split gives independent streams that leave the parent where it was") {
    Prng parent(3);
    Prng untouched(3);
    Prng one = parent.split(1);
    Prng two = parent.split(2);
    CHECK(one.next() != two.next());
    CHECK(parent.next() == untouched.next());
}
