#include "orchestrator/records/run_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_files.hpp"
#include "orchestrator/records/run_name.hpp"
#include "orchestrator/records/stored_run.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytractl::records;

TEST_CASE("runs get the next number, whatever else is in the directory") {
    const elytra::test::TempDirectory directory;
    const std::string runs = directory.path("deep/runs");
    const auto first = RunFolder::create(runs, {"elytractl"}, 1);
    REQUIRE(first.has_value());
    CHECK(run_number(first->id()) == 1);
    REQUIRE(write_new_file(runs + "/0900-brisk-otter", "a file, no run").has_value());
    const auto second = RunFolder::create(runs, {"elytractl"}, 1);
    REQUIRE(second.has_value());
    CHECK(run_number(second->id()) == 2);
    CHECK(run_names(runs).size() == 2);
}

TEST_CASE("everything that a run writes is known as a file of a run") {
    const elytra::test::TempDirectory directory;
    auto run = RunFolder::create(directory.path("runs"), {"elytractl"}, 5);
    REQUIRE(run.has_value());
    for (const char* const name :
         {"plan.json", "environment.json", "commands.txt", "hdr/m0.hlog", "hdr/m1.hlog",
          "logs/m0-r0.log", "report.html", "report.md", "report.txt", "junit.xml", "series.csv"}) {
        CHECK(run->write(name, "text").has_value());
    }
    CHECK(run->write_result({{"run", {{"state", "running"}}}, {"text", "\xff"}}).has_value());
    CHECK(run->append_event({{"event", "one"}}).has_value());
    CHECK(run->append_event({{"event", "two"}}).has_value());
    CHECK(read_file(run->path_of("events.jsonl"), 1000) ==
          "{\"event\":\"one\"}\n{\"event\":\"two\"}\n");
    const auto content = list_run(run->path());
    REQUIRE(content.has_value());
    CHECK(content->foreign.empty());
    CHECK(content->files.size() == 14);
}

TEST_CASE("a run is running while its folder object lives, and incomplete afterwards") {
    const elytra::test::TempDirectory directory;
    std::string id;
    {
        auto run = RunFolder::create(directory.path("runs"), {"elytractl"}, 5);
        REQUIRE(run.has_value());
        id = run->id();
        REQUIRE(run->write_result({{"run", {{"id", id}, {"state", "running"}}}}).has_value());
        CHECK(read_run(directory.path("runs"), id).result["run"]["state"] == "running");
    }
    CHECK(read_run(directory.path("runs"), id).result["run"]["state"] == "incomplete");
    const auto text = read_file(directory.path("runs/" + id + "/result.json"), 1000);
    CHECK(text.value().find("incomplete") != std::string::npos);
}

TEST_CASE("a directory that cannot be made is told") {
    CHECK_FALSE(RunFolder::create("/proc/runs", {"elytractl"}, 5).has_value());
}
