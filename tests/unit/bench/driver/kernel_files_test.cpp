#include "bench/driver/kernel_files.hpp"

#include <fstream>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytra::bench;

TEST_CASE("a value is found by its whole key") {
    const elytra::test::TempDirectory folder;
    const std::string path = folder.path("status");
    std::ofstream(path) << "CapEffective: 9\n: 8\nCapEff:\t00ff\nempty:\nmodel name\t: A: B\n";
    CHECK(value_of(path, "CapEff") == "00ff");
    CHECK(value_of(path, "model name") == "A: B");
    CHECK(value_of(path, "empty").empty());
    CHECK(value_of(path, "model").empty());
    CHECK(first_line(path) == "CapEffective: 9");
}

TEST_CASE("a file that is not there has no lines") {
    CHECK(first_line("/nonexistent/file").empty());
    CHECK(value_of("/nonexistent/file", "key").empty());
}
