#include "bench/null/server_arguments.hpp"

#include <vector>

#include <doctest/doctest.h>

using elytra::bench::parse_server_arguments;
using elytra::bench::ServerArguments;
using elytra::bench::ServerVerb;

namespace {

using Words = std::vector<std::string_view>;

}  // namespace

TEST_CASE("the command line of a server is understood, and flags that tune it are passed over") {
    const auto start = parse_server_arguments(
        Words{"start", "--development", "--addresses=0", "--cache-grid=1GiB", "a.elytra"});
    REQUIRE(start.has_value());
    CHECK(start->verb == ServerVerb::start);
    CHECK(start->addresses.port_protocol);
    CHECK(start->addresses.entries.front() == elytra::io::loopback(0));
    CHECK(start->path == "a.elytra");

    const auto format = parse_server_arguments(Words{"format", "--cluster=0", "b.elytra"});
    REQUIRE(format.has_value());
    CHECK(format->verb == ServerVerb::format);
    CHECK(format->path == "b.elytra");
    CHECK(parse_server_arguments(Words{"version", "--verbose"})->verb == ServerVerb::version);
}

TEST_CASE("without an address a server listens where servers do") {
    const auto start = parse_server_arguments(Words{"start", "a"});
    REQUIRE(start.has_value());
    CHECK(start->addresses.entries.front() == elytra::io::loopback(elytra::io::port_default));
    CHECK(!start->addresses.port_protocol);
}

TEST_CASE("a command line that no server could serve is refused") {
    const Words lines[] = {{},
                           {"serve"},
                           {"--addresses=0"},
                           {"format"},
                           {"start", "--addresses=0"},
                           {"start", "a", "b"},
                           {"start", "--addresses=nowhere", "a"}};
    for (const Words& words : lines) {
        CAPTURE(words.size());
        CHECK(!parse_server_arguments(words).has_value());
    }
}
