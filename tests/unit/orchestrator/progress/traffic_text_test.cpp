#include "orchestrator/progress/traffic_text.hpp"

#include <doctest/doctest.h>

#include "server/common/time.hpp"

using namespace elytractl::progress;
using elytra::nanoseconds_per_second;

TEST_CASE("rates and shares of nothing are nothing") {
    CHECK(rate_of({.accepted = 10}, nanoseconds_per_second / 2) == doctest::Approx(20));
    CHECK(rate_of({.accepted = 10}, 0) == 0);
    CHECK(share_text(1, 3) == "33.3 %");
    CHECK(share_text(0, 0) == "0 %");
    CHECK(latency_text(11'840) == "11.8 ms");
}
