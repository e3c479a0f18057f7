#include "orchestrator/records/run_index.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

namespace {

RunIndex opened(const elytra::test::TempDirectory& directory) {
    auto index = RunIndex::open(directory.path("."));
    REQUIRE(index.has_value());
    return std::move(index).value();
}

void make_two(const elytra::test::TempDirectory& directory) {
    test::make_run(directory.path("."), "0042-brisk-otter",
                   test::result_of("0042-brisk-otter", 100'000));
    test::make_run(directory.path("."), "0043-calm-wren",
                   test::result_of("0043-calm-wren", 110'000));
}

}  // namespace

TEST_CASE("the index knows what is in the folders") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    RunIndex index = opened(directory);
    CHECK(index.warnings().empty());
    const std::vector<RunRow> runs = index.runs();
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].id == "0042-brisk-otter");
    CHECK(runs[0].kind == "bench");
    CHECK(runs[0].verdict == "USABLE WITH CARE");
    CHECK(runs[0].exit_code == 0);
    CHECK(runs[0].measurements == 2);
    const std::vector<MetricRow> throughput = index.metrics("throughput");
    REQUIRE(throughput.size() == 4);
    CHECK(throughput[0].value == 100'000);
    CHECK(throughput[3].value == 110'000);
    CHECK(throughput[0].rate == 100'000);
    CHECK(throughput[0].cell == "{\"/load/clients\":4}");
    CHECK(index.metrics(std::nullopt).size() == 4 * index.metric_names().size());
}

TEST_CASE("a second opening finds everything and what has changed") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    CHECK(opened(directory).runs().size() == 2);
    test::make_run(directory.path("."), "0043-calm-wren", test::result_of("0043-calm-wren", 7));
    test::make_run(directory.path("."), "0044-fair-hare", test::result_of("0044-fair-hare", 9));
    CHECK(write_tags(directory.path("0042-brisk-otter"), {"main"}).has_value());
    RunIndex index = opened(directory);
    CHECK(index.runs().size() == 3);
    CHECK(index.runs()[0].tags == std::vector<std::string>{"main"});
    CHECK(index.metrics("throughput")[2].value == 7);
}

TEST_CASE("a run whose folder is gone is told once and keeps its history") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    CHECK(opened(directory).runs().size() == 2);
    std::filesystem::remove_all(directory.path("0042-brisk-otter"));
    {
        RunIndex index = opened(directory);
        REQUIRE(index.warnings().size() == 1);
        CHECK(index.warnings()[0].find("0042-brisk-otter is gone") != std::string::npos);
        CHECK(index.runs()[0].state == "missing");
        CHECK(index.metrics("throughput").size() == 4);
    }
    RunIndex again = opened(directory);
    CHECK(again.warnings().empty());
    again.forget("0042-brisk-otter");
    CHECK(again.runs().size() == 1);
    CHECK(again.metrics("throughput").size() == 2);
}

TEST_CASE("a folder that comes back is a run again") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    CHECK(opened(directory).runs().size() == 2);
    std::filesystem::rename(directory.path("0042-brisk-otter"), directory.path("elsewhere"));
    CHECK(opened(directory).runs()[0].state == "missing");
    std::filesystem::rename(directory.path("elsewhere"), directory.path("0042-brisk-otter"));
    CHECK(opened(directory).runs()[0].state == "complete");
}

TEST_CASE("a damaged index is moved aside and made again") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    for (const int round : {1, 2}) {
        test::write(directory.path("runs.sqlite"), std::string(5000, 'x'));
        RunIndex index = opened(directory);
        REQUIRE(index.warnings().size() == 1);
        CHECK(index.warnings()[0].find("damaged") != std::string::npos);
        CHECK(index.runs().size() == 2);
        CHECK(std::filesystem::exists(
            directory.path("runs.sqlite.damaged-" + std::to_string(round))));
    }
}

TEST_CASE("an index with a hole in its middle is damaged too") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    CHECK(opened(directory).runs().size() == 2);
    std::fstream file(directory.path("runs.sqlite"),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(20'000, '\xff');
    file.close();
    RunIndex index = opened(directory);
    CHECK(index.warnings().size() == 1);
    CHECK(index.metrics("throughput").size() == 4);
}

TEST_CASE("an index of a newer program is refused and left alone") {
    const elytra::test::TempDirectory directory;
    {
        auto database = Database::open(directory.path("runs.sqlite"));
        REQUIRE(database.has_value());
        database->execute("PRAGMA user_version = 99");
    }
    const auto index = RunIndex::open(directory.path("."));
    REQUIRE_FALSE(index.has_value());
    CHECK(index.error().find("newer elytractl") != std::string::npos);
    CHECK(directory.entry_count() >= 1);
}

TEST_CASE("a directory that is not there is an empty index") {
    const auto index = RunIndex::open("/nonexistent/runs");
    REQUIRE(index.has_value());
    CHECK(index->warnings().empty());
}

TEST_CASE("results with anything in them are indexed without harm") {
    const elytra::test::TempDirectory directory;
    test::write(directory.path("0001-brisk-otter/result.json"),
                R"({"run": {"id": 7, "exit_code": "x"}, "measurements": [1, {"metrics": [2]},
                    {"metrics": {"a": "b", "c": 3, "d'; DROP TABLE runs": 4}}]})");
    RunIndex index = opened(directory);
    CHECK(index.runs().size() == 1);
    CHECK(index.metric_names() == std::vector<std::string>{"c", "d'; DROP TABLE runs"});
}

TEST_CASE("a run is found by id, number, part, name, tag and by being the youngest") {
    const elytra::test::TempDirectory directory;
    make_two(directory);
    CHECK(write_tags(directory.path("0042-brisk-otter"), {"main"}).has_value());
    RunIndex index = opened(directory);
    for (const char* const text : {"0042-brisk-otter", "42", "0042", "otter", "main"}) {
        CAPTURE(text);
        CHECK(index.find(text) == "0042-brisk-otter");
    }
    for (const char* const text : {"", "last", "laptop-1r", "wren"}) {
        CAPTURE(text);
        CHECK(index.find(text) == "0043-calm-wren");
    }
    CHECK_FALSE(index.find("badger").has_value());
}
