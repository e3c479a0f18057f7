#include "server/io/loop_thread.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "server/io/postbox.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra::io;
using elytra::test::run_until;

TEST_CASE("a loop thread runs what is posted, in order and not on the caller's thread") {
    asio::io_context loop;
    Postbox answers(loop);
    LoopThread thread;
    std::vector<int> seen;
    const std::thread::id caller = std::this_thread::get_id();
    bool elsewhere = true;
    for (int number = 0; number < 3; ++number) {
        thread.post([&, number] {
            elsewhere = elsewhere && std::this_thread::get_id() != caller;
            answers.post([&, number] { seen.push_back(number); });
        });
    }
    run_until(loop, [&] { return seen.size() == 3; });
    CHECK(seen == std::vector<int>{0, 1, 2});
    thread.stop();
    CHECK(elsewhere);
}

TEST_CASE("a stopped loop thread runs nothing any more") {
    LoopThread thread;
    thread.stop();
    bool ran = false;
    thread.post([&] { ran = true; });
    thread.stop();
    CHECK_FALSE(ran);
}
