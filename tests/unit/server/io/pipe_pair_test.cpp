#include "server/io/pipe_pair.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "server/io/signals.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::test::run_until;

namespace {

// Two ends, each of which reads what the other writes.
struct Ends {
    Ends() {
        std::array<int, 2> there{};
        std::array<int, 2> back{};
        REQUIRE(pipe(there.data()) == 0);
        REQUIRE(pipe(back.data()) == 0);
        REQUIRE(near.open(FileDescriptor(back[0]), FileDescriptor(there[1])).has_value());
        REQUIRE(far.open(FileDescriptor(there[0]), FileDescriptor(back[1])).has_value());
    }

    asio::io_context loop;
    PipePair near{loop};
    PipePair far{loop};
};

std::vector<std::byte> bytes(std::string_view text) {
    std::vector<std::byte> all;
    for (const char c : text) all.push_back(static_cast<std::byte>(c));
    return all;
}

}  // namespace

TEST_CASE("what is written to a pair of pipes arrives in order, more than a pipe holds as well") {
    Ends ends;
    const std::vector<std::byte> head = bytes("head");
    const std::vector<std::byte> body(1 << 20, std::byte{7});
    bool written = false;
    ends.near.write(head, body, [&](const auto& result) { written = result.has_value(); });
    std::vector<std::byte> received;
    std::array<std::byte, 100'000> room{};
    while (received.size() < head.size() + body.size()) {
        std::optional<std::size_t> count;
        ends.far.read_some(room, [&](const auto& read) { count = read.has_value() ? *read : 0; });
        run_until(ends.loop, [&] { return count.has_value(); });
        REQUIRE(*count > 0);
        received.insert(received.end(), room.begin(),
                        room.begin() + static_cast<std::ptrdiff_t>(*count));
    }
    std::vector<std::byte> expected = head;
    expected.insert(expected.end(), body.begin(), body.end());
    CHECK((received == expected));
    run_until(ends.loop, [&] { return written; });
}

TEST_CASE("the end of the other side is a read of nothing, and a write to it fails") {
    ignore_write_signals();
    Ends ends;
    ends.far.close();
    std::array<std::byte, 8> room{};
    std::optional<std::size_t> count;
    ends.near.read_some(room, [&](const auto& read) { count = read.has_value() ? *read : 1; });
    run_until(ends.loop, [&] { return count.has_value(); });
    CHECK(*count == 0);
    std::optional<int> error;
    ends.near.write(room, {},
                    [&](const auto& result) { error = result.has_value() ? 0 : result.error(); });
    run_until(ends.loop, [&] { return error.has_value(); });
    CHECK(*error == EPIPE);
}

TEST_CASE("a pair of pipes that is closed or destroyed says nothing any more") {
    std::array<std::byte, 8> room{};
    bool told = false;
    Ends ends;
    ends.near.read_some(room, [&](const auto&) { told = true; });
    ends.near.close();
    {
        std::array<int, 2> pipes{};
        REQUIRE(pipe(pipes.data()) == 0);
        PipePair destroyed(ends.loop);
        REQUIRE(destroyed.open(FileDescriptor(pipes[0]), FileDescriptor(pipes[1])).has_value());
        destroyed.read_some(room, [&](const auto&) { told = true; });
    }
    ends.loop.poll();
    CHECK_FALSE(told);
}
