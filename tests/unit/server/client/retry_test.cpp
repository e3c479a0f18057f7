#include "server/client/retry.hpp"

#include <doctest/doctest.h>

#include "server/common/time.hpp"

using namespace elytra;
using namespace elytra::client;

TEST_CASE("the first retry waits 600 ms, whatever the round trip") {
    Prng prng(1);
    RoundTrips round_trips;
    CHECK(retry_delay(1, round_trips, prng) == 600 * nanoseconds_per_millisecond);
    round_trips.record(0, 1);
    CHECK(retry_delay(1, round_trips, prng) == 600 * nanoseconds_per_millisecond);
}

TEST_CASE("later retries wait two round trips and a jitter that doubles up to ten seconds") {
    Prng prng(2);
    RoundTrips round_trips;
    round_trips.record(0, 20 * nanoseconds_per_millisecond);
    for (std::uint32_t transmissions = 2; transmissions < 40; ++transmissions) {
        CAPTURE(transmissions);
        const std::uint64_t jitter =
            transmissions - 1 > 9 ? 999 : std::uint64_t{1} << (transmissions - 1);
        const std::uint64_t delay = retry_delay(transmissions, round_trips, prng);
        CHECK(delay >= 50 * nanoseconds_per_millisecond);
        CHECK(delay <= (50 + jitter * 10) * nanoseconds_per_millisecond);
    }
}

TEST_CASE("the round trip estimate is the median of the addresses, within bounds") {
    RoundTrips round_trips;
    CHECK(round_trips.estimate() == 300 * nanoseconds_per_millisecond);
    round_trips.record(0, 1);
    CHECK(round_trips.estimate() == 10 * nanoseconds_per_millisecond);
    round_trips.record(1, 40 * nanoseconds_per_millisecond);
    round_trips.record(2, 3600 * nanoseconds_per_second);
    CHECK(round_trips.estimate() == 40 * nanoseconds_per_millisecond);
    round_trips.record(1, 3600 * nanoseconds_per_second);
    CHECK(round_trips.estimate() == 60 * nanoseconds_per_second);
}

TEST_CASE("reconnecting backs off from 50 ms to at most a second") {
    Prng prng(3);
    for (std::uint32_t attempts = 0; attempts < 40; ++attempts) {
        CAPTURE(attempts);
        const std::uint64_t delay = reconnect_delay(attempts, prng);
        CHECK(delay >= 50 * nanoseconds_per_millisecond);
        CHECK(delay <= 1000 * nanoseconds_per_millisecond);
    }
    CHECK(reconnect_delay(0, prng) <= 100 * nanoseconds_per_millisecond);
}
