#include "orchestrator/records/stored_run.hpp"

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

TEST_CASE("a run without a readable result is incomplete and says what is wrong") {
    const elytra::test::TempDirectory directory;
    for (const char* const text : {"", "{", "[]", "{\"run\": 3}"}) {
        CAPTURE(text);
        test::write(directory.path("0001-brisk-otter/result.json"), text);
        const StoredRun run = read_run(directory.path("."), "0001-brisk-otter");
        CHECK(run.result["run"]["state"] == "incomplete");
        CHECK(run.problem == "result.json is damaged");
    }
    test::write(directory.path("0002-calm-wren/plan.json"), "{}");
    CHECK(read_run(directory.path("."), "0002-calm-wren").problem == "there is no result.json");
}

TEST_CASE("a complete run is read as it is") {
    const elytra::test::TempDirectory directory;
    test::make_run(directory.path("."), "0042-brisk-otter", test::example_result());
    const StoredRun run = read_run(directory.path("."), "0042-brisk-otter");
    CHECK(run.problem.empty());
    CHECK(run.result == test::example_result());
}

TEST_CASE("tags are kept, and lines that are none are skipped") {
    const elytra::test::TempDirectory directory;
    test::write(directory.path("0001-brisk-otter/tags"), "main\nno tag\n\nv1.2\n");
    const StoredRun run = read_run(directory.path("."), "0001-brisk-otter");
    CHECK(run.tags == std::vector<std::string>{"main", "v1.2"});
    CHECK(write_tags(run.folder, {"release/7"}).has_value());
    CHECK(read_run(directory.path("."), "0001-brisk-otter").tags ==
          std::vector<std::string>{"release/7"});
    CHECK_FALSE(is_tag(""));
    CHECK_FALSE(is_tag("two words"));
    CHECK_FALSE(is_tag(std::string(65, 'x')));
}

TEST_CASE("the last words of a log are its last line that is not empty") {
    const elytra::test::TempDirectory directory;
    CHECK(last_log_line(directory.path("missing")).empty());
    test::write(directory.path("log"), "first\nlast \x1b[31mwords\n\n \n");
    CHECK(last_log_line(directory.path("log")) == "last [31mwords");
    test::write(directory.path("long"), std::string(100'000, 'x'));
    CHECK(last_log_line(directory.path("long")).size() == 200);
}
