#include "orchestrator/records/run_files.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

TEST_CASE("only names that a run writes are files of a run") {
    for (const char* const name : {"result.json", ".result.json.part", "hdr/m0.hlog",
                                   "logs/m12-r0.log", "tags", "lock", "hdr/.m0.hlog.part"}) {
        CAPTURE(name);
        CHECK(is_run_file(name));
    }
    for (const char* const name :
         {"", "notes.txt", "result.json.bak", "hdr/notes", "logs/m.log", "logs/a/m1.log",
          "hdr/m0/x.hlog", "r0.elytra", "logs/result.json", ".part"}) {
        CAPTURE(name);
        CHECK_FALSE(is_run_file(name));
    }
}

TEST_CASE("links, directories and strange files are foreign") {
    const elytra::test::TempDirectory directory;
    const std::string run = directory.path("0001-brisk-otter");
    test::write(run + "/result.json", "{}");
    test::write(run + "/logs/m0-r0.log", "log");
    test::write(run + "/logs/mine.txt", "mine");
    test::write(run + "/keep/plan.json", "mine");
    std::filesystem::create_symlink("/etc/passwd", run + "/plan.json");
    const auto content = list_run(run);
    REQUIRE(content.has_value());
    CHECK(content->files.size() == 2);
    CHECK(content->foreign == std::vector<std::string>{"keep", "logs/mine.txt", "plan.json"});
}

TEST_CASE("a run is removed file by file until nothing of it is left") {
    const elytra::test::TempDirectory directory;
    const std::string run = directory.path("0001-brisk-otter");
    test::write(run + "/result.json", "{}");
    test::write(run + "/logs/m0-r0.log", "log");
    test::write(run + "/hdr/m0.hlog", "log");
    const auto content = list_run(run);
    REQUIRE(content.has_value());
    CHECK(remove_run(run, *content).has_value());
    CHECK_FALSE(std::filesystem::exists(run));
}

TEST_CASE("what appears after listing stops the removal and stays") {
    const elytra::test::TempDirectory directory;
    const std::string run = directory.path("0001-brisk-otter");
    test::write(run + "/result.json", "{}");
    test::write(run + "/logs/m0-r0.log", "log");
    const auto content = list_run(run);
    REQUIRE(content.has_value());
    test::write(run + "/logs/mine.txt", "mine");
    CHECK_FALSE(remove_run(run, *content).has_value());
    CHECK(std::filesystem::exists(run + "/logs/mine.txt"));
    CHECK(std::filesystem::exists(run + "/result.json"));
}

TEST_CASE("a file that became a link meanwhile is not removed, nor what it points to") {
    const elytra::test::TempDirectory directory;
    const std::string run = directory.path("0001-brisk-otter");
    const std::string other = directory.path("other");
    test::write(run + "/plan.json", "{}");
    test::write(other + "/logs/m0-r0.log", "mine");
    test::write(run + "/logs/m0-r0.log", "log");
    const auto content = list_run(run);
    REQUIRE(content.has_value());
    std::filesystem::remove_all(run + "/logs");
    std::filesystem::create_symlink(other + "/logs", run + "/logs");
    CHECK_FALSE(remove_run(run, *content).has_value());
    CHECK(std::filesystem::exists(other + "/logs/m0-r0.log"));
}
