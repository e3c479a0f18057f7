#include "orchestrator/records/atomic_file.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::records;

TEST_CASE("a file is replaced as a whole and nothing else is left") {
    const elytra::test::TempDirectory directory;
    const std::string path = directory.path("result.json");
    REQUIRE(write_atomically(path, "long text").has_value());
    REQUIRE(write_atomically(path, "short").has_value());
    CHECK(read_file(path, 100) == "short");
    CHECK(directory.entry_count() == 1);
}

TEST_CASE("what a crash left under the temporary name is not written through") {
    const elytra::test::TempDirectory directory;
    REQUIRE(write_atomically(directory.path("precious"), "mine").has_value());
    std::filesystem::create_symlink(directory.path("precious"),
                                    directory.path(temporary_name("result.json")));
    REQUIRE(write_atomically(directory.path("result.json"), "new").has_value());
    CHECK(read_file(directory.path("precious"), 100) == "mine");
    CHECK(read_file(directory.path("result.json"), 100) == "new");
}

TEST_CASE("a path that cannot be written is told and leaves nothing") {
    const elytra::test::TempDirectory directory;
    const auto written = write_atomically(directory.path("missing/file"), "text");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().find("cannot write") == 0);
    std::filesystem::create_directory(directory.path("taken"));
    CHECK_FALSE(write_atomically(directory.path("taken"), "text").has_value());
    CHECK(directory.entry_count() == 1);
}

TEST_CASE("a new file never replaces one") {
    const elytra::test::TempDirectory directory;
    CHECK(write_new_file(directory.path("file"), "first").has_value());
    CHECK_FALSE(write_new_file(directory.path("file"), "second").has_value());
    CHECK(read_file(directory.path("file"), 100) == "first");
}

TEST_CASE("only regular files within the bound are read") {
    const elytra::test::TempDirectory directory;
    REQUIRE(write_new_file(directory.path("file"), "12345").has_value());
    CHECK(read_file(directory.path("file"), 5).has_value());
    CHECK_FALSE(read_file(directory.path("file"), 4).has_value());
    CHECK_FALSE(read_file(directory.path("missing"), 5).has_value());
    CHECK_FALSE(read_file(directory.path("."), 5).has_value());
    std::filesystem::create_symlink(directory.path("file"), directory.path("link"));
    CHECK_FALSE(read_file(directory.path("link"), 5).has_value());
}
