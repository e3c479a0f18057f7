#include "server/io/timer.hpp"

#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "tests/support/run_loop.hpp"

using namespace elytra::io;
using elytra::test::run_until;
using std::chrono::milliseconds;

TEST_CASE("a timer fires once, from the loop") {
    asio::io_context loop;
    Timer timer(loop);
    int fired = 0;
    timer.start({}, [&] { ++fired; });
    CHECK(fired == 0);
    run_until(loop, [&] { return fired > 0; });
    loop.poll();
    CHECK(fired == 1);
}

TEST_CASE("a handler may start its own timer again") {
    asio::io_context loop;
    Timer timer(loop);
    int fired = 0;
    std::function<void()> again = [&] {
        if (++fired < 3) timer.start(milliseconds(1), again);
    };
    timer.start(milliseconds(1), again);
    run_until(loop, [&] { return fired == 3; });
}

TEST_CASE("what was cancelled, replaced or destroyed when it was already due is not called") {
    asio::io_context loop;
    Timer cancelled(loop);
    Timer replaced(loop);
    std::optional<Timer> destroyed(std::in_place, loop);
    int called = 0;
    bool later = false;
    // All of them are due when the first handler runs.
    Timer first(loop);
    first.start({}, [&] {
        cancelled.cancel();
        replaced.start({}, [&] { later = true; });
        destroyed.reset();
    });
    cancelled.start({}, [&] { ++called; });
    replaced.start({}, [&] { ++called; });
    destroyed->start({}, [&] { ++called; });
    run_until(loop, [&] { return later; });
    loop.poll();
    CHECK(called == 0);
}
