#include "orchestrator/host/host_facts.hpp"

#include <cerrno>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::host;

TEST_CASE("the facts of this machine are read, and nothing is left behind") {
    const elytra::test::TempDirectory folder;
    const HostFacts facts = read_host_facts(folder.path(""));
    CHECK(facts.environment.cpu_count > 0);
    CHECK(facts.memory_available_bytes > 0);
    CHECK(facts.open_files_max > 0);
    CHECK(facts.directory.error == 0);
    CHECK(facts.directory.free_bytes > 0);
    REQUIRE(facts.directory.latency.has_value());
    const WriteLatency& latency = *facts.directory.latency;
    CHECK(latency.samples > 0);
    CHECK(latency.p50_us <= latency.p99_us);
    CHECK(latency.p99_us <= latency.max_us);
    CHECK(folder.entry_count() == 0);
}

TEST_CASE("a directory that is not there is a fact") {
    const elytra::test::TempDirectory folder;
    const HostFacts facts = read_host_facts(folder.path("missing"));
    CHECK(facts.directory.error == ENOENT);
    CHECK_FALSE(facts.directory.latency.has_value());
}
