#include "bench/driver/benchmark_options.hpp"

#include <functional>
#include <string>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

TEST_CASE("with addresses, everything that concerns a server of our own is refused") {
    struct Row {
        const char* expected;
        std::function<void(BenchmarkOptions&)> set;
    };

    const Row rows[] = {
        {"--file: --addresses and --file are mutually exclusive",
         [](auto& options) { options.file = std::string("mine.elytra"); }},
        {"--cache-grid: incompatible with --addresses: the server is already running",
         [](auto& options) {
             options.forwarded = {{"cache-grid", "1GiB"}};
         }},
        {"--log-debug-replica: incompatible with --addresses: the server is already running",
         [](auto& options) { options.log_debug_replica = true; }},
        {"--clients (0): must be 1 to 64", [](auto& options) { options.load.clients = 0; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expected);
        BenchmarkOptions options;
        options.addresses = {io::loopback(3000)};
        CHECK(validate(options).has_value());
        row.set(options);
        const auto outcome = validate(options);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error() == row.expected);
    }
}

TEST_CASE("forwarded flags reach the server as written, behind an --experimental") {
    BenchmarkOptions options;
    CHECK(start_flags(options).empty());
    options.forwarded = {{"cache-grid", "1GiB"}, {"trace", "t.json"}};
    options.log_debug_replica = true;
    CHECK(start_flags(options) == std::vector<std::string>{"--cache-grid=1GiB", "--trace=t.json",
                                                           "--log-debug", "--experimental"});
}
