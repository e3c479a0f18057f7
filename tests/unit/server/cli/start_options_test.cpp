#include "server/cli/start_options.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::cli;

namespace {

StartOptions accepted(std::vector<std::string_view> arguments) {
    const Request<StartOptions> request = parse_start_options(arguments);
    REQUIRE(std::holds_alternative<StartOptions>(request));
    return std::get<StartOptions>(request);
}

// The only error of a command line that is fine but for `argument`.
std::string refused(std::vector<std::string_view> mistakes) {
    std::vector<std::string_view> arguments = {"--addresses=3000", "--experimental"};
    arguments.insert(arguments.end(), mistakes.begin(), mistakes.end());
    arguments.push_back("f");
    const Request<StartOptions> request = parse_start_options(arguments);
    REQUIRE(std::holds_alternative<Refusal>(request));
    REQUIRE(std::get<Refusal>(request).errors.size() == 1);
    return std::get<Refusal>(request).errors.front();
}

}  // namespace

TEST_CASE("start has defaults for everything but addresses and path") {
    const StartOptions options = accepted({"--addresses=3000", "f"});
    CHECK(options.path == "f");
    REQUIRE(options.addresses.entries.size() == 1);
    CHECK(options.addresses.entries[0] == io::loopback(3000));
    CHECK_FALSE(options.addresses.port_protocol);
    CHECK(options.limit_storage == 16ULL << 40);
    CHECK(options.limit_request == 1ULL << 20);
    CHECK(options.cache_grid == 64ULL << 20);
    CHECK_FALSE(options.development);
    CHECK_FALSE(options.log_debug);
    CHECK(options.without_effect.empty());
}

TEST_CASE("start takes its flags in any order") {
    const StartOptions options =
        accepted({"--development=true", "--limit-request=8KiB", "--cache-grid=32MiB", "--log-debug",
                  "--limit-storage=64TiB", "--addresses=0", "f"});
    CHECK(options.development);
    CHECK(options.limit_request == 8ULL << 10);
    CHECK(options.cache_grid == 32ULL << 20);
    CHECK(options.without_effect.empty());
    CHECK(options.limit_storage == 64ULL << 40);
    CHECK(options.log_debug);
    CHECK(options.addresses.port_protocol);
}

TEST_CASE("development mode lowers the request limit unless it is given") {
    CHECK(accepted({"--development", "--addresses=0", "f"}).limit_request == 32ULL << 10);
    CHECK(accepted({"--development=false", "--addresses=0", "f"}).limit_request == 1ULL << 20);
    CHECK(accepted({"--development", "--limit-request=1MiB", "--addresses=0", "f"}).limit_request ==
          1ULL << 20);
}

TEST_CASE("tracing implies debugging") {
    CHECK(accepted({"--log-trace", "--addresses=0", "f"}).log_debug);
    CHECK(accepted({"--log-debug", "--log-trace=false", "--addresses=0", "f"}).log_debug);
}

TEST_CASE("flags without a counterpart are accepted, checked and reported") {
    struct Row {
        std::string_view name;
        std::string_view argument;
        std::string_view mistake;
    };

    const Row rows[] = {
        {"limit-pipeline-requests", "--limit-pipeline-requests=57", "--limit-pipeline-requests=58"},
        {"cache-accounts", "--cache-accounts=1GiB", "--cache-accounts=1TiB"},
        {"cache-transfers", "--cache-transfers=0", "--cache-transfers=1TiB"},
        {"cache-transfers-pending", "--cache-transfers-pending=1", "--cache-transfers-pending=-1"},
        {"memory-lsm-manifest", "--memory-lsm-manifest=1MiB", "--memory-lsm-manifest=1"},
        {"memory-lsm-manifest", "--memory-lsm-manifest=4095MiB", "--memory-lsm-manifest=4GiB"},
        {"memory-lsm-compaction", "--memory-lsm-compaction=10752KiB",
         "--memory-lsm-compaction=1MiB"},
        {"memory-lsm-compaction", "--memory-lsm-compaction=100GiB",
         "--memory-lsm-compaction=20000000"},
        {"timeout-prepare-ms", "--timeout-prepare-ms=10", "--timeout-prepare-ms=0"},
        {"timeout-prepare-ms", "--timeout-prepare-ms=500", "--timeout-prepare-ms=15"},
        {"timeout-grid-repair-message-ms", "--timeout-grid-repair-message-ms=10",
         "--timeout-grid-repair-message-ms=x"},
        {"commit-stall-probability", "--commit-stall-probability=1/2",
         "--commit-stall-probability=2/1"},
        {"commit-stall-lag-min", "--commit-stall-lag-min=4294967295",
         "--commit-stall-lag-min=4294967296"},
        {"commit-stall-lag-max", "--commit-stall-lag-max=0", "--commit-stall-lag-max="},
        {"commit-stall-multiple-max", "--commit-stall-multiple-max=65535",
         "--commit-stall-multiple-max=65536"},
        {"replicate-star", "--replicate-star", "--replicate-star=no"},
        {"trace", "--trace=t.json", "--trace="},
        {"statsd", "--statsd=127.0.0.1:8125", "--statsd=localhost"},
        {"statsd", "--statsd=127.0.0.1", "--statsd=127.0.0.1:1,127.0.0.1:2"},
        {"aof-file", "--aof-file=x.aof", "--aof-file=x.log"},
        {"aof", "--aof", "--aof=x"},
        {"aof-recovery", "--aof-recovery", "--aof-recovery=1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.argument);
        const StartOptions options = accepted({"--addresses=0", row.argument, "f"});
        CHECK(options.without_effect == std::vector<std::string_view>{row.name});
        CHECK(refused({row.mistake}).starts_with("--" + std::string(row.name)));
    }
}

TEST_CASE("limits are checked with the nearest valid value in the text") {
    CHECK(refused({"--limit-storage=1GiB"}) ==
          "--limit-storage (1GiB): must be at least 1114624KiB (1.06GiB)");
    CHECK(refused({"--limit-storage=65TiB"}) == "--limit-storage (65TiB): must be at most 64TiB");
    CHECK(
        refused({"--limit-storage=1141374977"}) ==
        "--limit-storage (1141374977): must be a multiple of 4KiB; the nearest are 1141374976 and "
        "1141379072");
    CHECK(refused({"--limit-request=1KiB"}) == "--limit-request (1KiB): must be at least 4KiB");
    CHECK(refused({"--limit-request=2MiB"}) == "--limit-request (2MiB): must be at most 1MiB");
    CHECK(refused({"--cache-grid=16MiB"}) == "--cache-grid (16MiB): must be at least 32MiB");
    CHECK(refused({"--cache-grid=17TiB"}) == "--cache-grid (17TiB): must be at most 16TiB");
}

TEST_CASE("the two ways to name the append-only file exclude each other") {
    CHECK(refused({"--aof", "--aof-file=x.aof"}) == "--aof: excludes --aof-file; give one of them");
}

TEST_CASE("a faulty address list is refused with its reason") {
    const std::vector<std::string_view> arguments = {"--addresses=3000,localhost", "f"};
    const Request<StartOptions> request = parse_start_options(arguments);
    REQUIRE(std::holds_alternative<Refusal>(request));
    CHECK(std::get<Refusal>(request).errors.front().starts_with("--addresses (3000,localhost): "));
}

TEST_CASE("start names all that is missing") {
    const Request<StartOptions> request = parse_start_options({});
    REQUIRE(std::holds_alternative<Refusal>(request));
    CHECK(std::get<Refusal>(request).errors ==
          std::vector<std::string>{"start: missing --addresses=<list>, <path> (path of the data "
                                   "file, made by elytra format)"});
}
