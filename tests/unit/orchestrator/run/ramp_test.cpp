#include "orchestrator/run/ramp.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "server/common/time.hpp"

using namespace elytractl::run;
using elytra::nanoseconds_per_second;
using elytra::bench::ArrivalModel;
using elytra::bench::ArrivalOptions;
using elytra::bench::RateStretch;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

ArrivalOptions open(std::vector<RateStretch> stretches) {
    return {.model = ArrivalModel::open, .stretches = std::move(stretches)};
}

}  // namespace

TEST_CASE("a constant rate is reached by a rise and then held for the whole run") {
    const ArrivalOptions ramped = with_ramp(open({{1000, 1000, second}}), 2 * second, 90 * second);
    CHECK(ramped.stretches ==
          std::vector<RateStretch>{{100, 1000, 2 * second}, {1000, 1000, 90 * second}});
}

TEST_CASE("a schedule with steps is written out behind its rise") {
    const ArrivalOptions ramped =
        with_ramp(open({{10, 10, second}, {50, 50, second}}), second, 3 * second);
    CHECK(ramped.stretches == std::vector<RateStretch>{{1, 10, second},
                                                       {10, 10, second},
                                                       {50, 50, second},
                                                       {10, 10, second},
                                                       {50, 50, second}});
}

TEST_CASE("a sine is not taken for a constant rate") {
    const RateStretch sine{100, 100, 2 * second, 50, second};
    CHECK(with_ramp(open({sine}), second, 3 * second).stretches ==
          std::vector<RateStretch>{{10, 100, second}, sine, sine});
}

TEST_CASE("a schedule stays as it is without a rise, or where it would become too long") {
    const ArrivalOptions fine = open({{10, 10, 1}, {50, 50, 1}});
    CHECK(with_ramp(fine, 0, second) == fine);
    CHECK(with_ramp(fine, second, second) == fine);
}
