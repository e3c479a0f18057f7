#include "server/io/precise_timer.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "server/io/clock.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::test::run_until;

namespace {

Instant soon(std::uint64_t nanoseconds) { return {monotonic_now().nanoseconds + nanoseconds}; }

}  // namespace

TEST_CASE("a precise timer never fires early") {
    asio::io_context loop;
    PreciseTimer timer(loop);
    for (const std::uint64_t wait : {0U, 1'000U, 49'000U, 51'000U, 400'000U}) {
        CAPTURE(wait);
        const Instant deadline = soon(wait);
        std::optional<Instant> fired;
        timer.start(deadline, [&] { fired = monotonic_now(); });
        CHECK_FALSE(fired.has_value());
        run_until(loop, [&] { return fired.has_value(); });
        CHECK(*fired >= deadline);
    }
}

TEST_CASE("a precise timer that was cancelled, replaced or destroyed does not fire") {
    asio::io_context loop;
    PreciseTimer cancelled(loop);
    PreciseTimer replaced(loop);
    std::optional<PreciseTimer> destroyed(std::in_place, loop);
    int called = 0;
    bool later = false;
    cancelled.start(soon(0), [&] { ++called; });
    replaced.start(soon(0), [&] { ++called; });
    destroyed->start(soon(200'000), [&] { ++called; });
    cancelled.cancel();
    replaced.start(soon(400'000), [&] { later = true; });
    destroyed.reset();
    run_until(loop, [&] { return later; });
    loop.poll();
    CHECK(called == 0);
}
