#pragma once

#include <chrono>

#include <doctest/doctest.h>

#include "server/io/asio.hpp"

namespace elytra::test {

inline constexpr std::chrono::seconds loop_patience{
    20};  // for a machine under load, not for the code

// Runs handlers until the condition holds; fails the test where nothing happens any more.
template <class Condition>
void run_until(io::asio::io_context& loop, Condition condition) {
    loop.restart();
    while (!condition()) REQUIRE(loop.run_one_for(loop_patience) == 1);
}

}  // namespace elytra::test
