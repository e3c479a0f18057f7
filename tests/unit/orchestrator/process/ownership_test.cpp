#include "orchestrator/process/ownership.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::process;
using elytra::test::TempDirectory;

namespace {

void write_file(const std::string& path) { std::ofstream(path) << "x"; }

// A ledger with a directory and two files of its own.
struct Possessions {
    Possessions() {
        auto ledger = OwnershipLedger::open(folder.path("owned.jsonl"));
        REQUIRE(ledger.has_value());
        REQUIRE(ledger->make_directory(path(""), Lifetime::until_removed).has_value());
        for (const char* name : {"a", "b"}) {
            REQUIRE(ledger->expect_file(path(name)).has_value());
            write_file(path(name));
            REQUIRE(ledger->adopt_file(path(name), Lifetime::until_removed).has_value());
        }
    }

    std::string path(const std::string& name) const {
        return folder.path(name.empty() ? "data" : "data/" + name);
    }

    Cleanup clean() const {
        const auto cleanup = clean_leftovers(folder.path("."));
        REQUIRE(cleanup.has_value());
        return *cleanup;
    }

    TempDirectory folder;
};

}  // namespace

TEST_CASE("what a run has left is removed by whoever finds its ledger, once") {
    const Possessions ours;
    CHECK(ours.clean().removed ==
          std::vector<std::string>{ours.path("b"), ours.path("a"), ours.path("")});
    CHECK_FALSE(std::filesystem::exists(ours.path("")));
    const Cleanup again = ours.clean();
    CHECK(again.removed.empty());
    CHECK(again.left.empty());
}

TEST_CASE("a folder without a ledger has left nothing") {
    const TempDirectory folder;
    const auto cleanup = clean_leftovers(folder.path("."));
    REQUIRE(cleanup.has_value());
    CHECK(cleanup->removed.empty());
    CHECK(std::filesystem::is_empty(folder.path(".")));
}

TEST_CASE("what has taken the place of a file of ours is left and reported") {
    SUBCASE("another file") {
        const Possessions ours;
        write_file(ours.path("new"));
        std::filesystem::rename(ours.path("new"), ours.path("a"));
        const Cleanup cleanup = ours.clean();
        CHECK(cleanup.removed == std::vector<std::string>{ours.path("b")});
        REQUIRE(cleanup.left.size() == 2);
        CHECK(cleanup.left[0].path == ours.path("a"));
        CHECK(cleanup.left[0].reason == "it is not what this run created there");
        CHECK(cleanup.left[1].path == ours.path(""));
        CHECK(std::filesystem::exists(ours.path("a")));
    }
    SUBCASE("a symbolic link to our own file elsewhere") {
        const Possessions ours;
        std::filesystem::rename(ours.path("a"), ours.folder.path("elsewhere"));
        std::filesystem::create_symlink(ours.folder.path("elsewhere"), ours.path("a"));
        CHECK(ours.clean().left.size() == 2);
        CHECK(std::filesystem::exists(ours.folder.path("elsewhere")));
        CHECK(std::filesystem::is_symlink(ours.path("a")));
    }
    SUBCASE("a symbolic link in the place of the directory") {
        const Possessions ours;
        std::filesystem::rename(ours.path(""), ours.folder.path("elsewhere"));
        std::filesystem::create_directory_symlink(ours.folder.path("elsewhere"), ours.path(""));
        const Cleanup cleanup = ours.clean();
        CHECK(cleanup.removed.empty());
        CHECK(cleanup.left.size() == 3);
        CHECK(std::filesystem::exists(ours.folder.path("elsewhere/a")));
    }
    SUBCASE("another directory with our files in it") {
        const Possessions ours;
        std::filesystem::rename(ours.path(""), ours.folder.path("elsewhere"));
        std::filesystem::create_directory(ours.path(""));
        std::filesystem::rename(ours.folder.path("elsewhere/a"), ours.path("a"));
        const Cleanup cleanup = ours.clean();
        CHECK(cleanup.removed.empty());
        CHECK(std::filesystem::exists(ours.path("a")));
    }
}

TEST_CASE("a directory goes only when it is empty") {
    const Possessions ours;
    write_file(ours.path("stranger"));
    const Cleanup cleanup = ours.clean();
    CHECK(cleanup.removed.size() == 2);
    REQUIRE(cleanup.left.size() == 1);
    CHECK(cleanup.left[0].reason == "the directory holds files that this run did not create");
    CHECK(std::filesystem::exists(ours.path("stranger")));
}

TEST_CASE("a file that was expected but never taken over is reported") {
    const TempDirectory folder;
    {
        auto ledger = OwnershipLedger::open(folder.path("owned.jsonl"));
        REQUIRE(ledger->expect_file(folder.path("file")).has_value());
        write_file(folder.path("file.1.new"));
    }
    const auto cleanup = clean_leftovers(folder.path("."));
    REQUIRE(cleanup->left.size() == 1);
    CHECK(cleanup->left[0].path == folder.path("file.1.new"));
    CHECK(std::filesystem::exists(folder.path("file.1.new")));
}

TEST_CASE("a directory that was expected when the run was cut off is reported, if it is there") {
    const TempDirectory folder;
    std::ofstream(folder.path("owned.jsonl"))
        << R"({"what":"expected directory","path":")" << folder.path("data") << "\"}\n";
    CHECK(clean_leftovers(folder.path("."))->left.empty());
    std::filesystem::create_directory(folder.path("data"));
    std::filesystem::create_directory(folder.path("data2"));
    const auto cleanup = clean_leftovers(folder.path("."));
    REQUIRE(cleanup->left.size() == 1);
    CHECK(cleanup->left[0].path == folder.path("data"));
    CHECK(std::filesystem::exists(folder.path("data")));
}

TEST_CASE("a directory of others where ours should be is not ours, before and after a crash") {
    const TempDirectory folder;
    std::filesystem::create_directory(folder.path("data"));
    {
        auto ledger = OwnershipLedger::open(folder.path("owned.jsonl"));
        CHECK(ledger->make_directory(folder.path("data"), Lifetime::until_removed).error() ==
              EEXIST);
    }
    const auto cleanup = clean_leftovers(folder.path("."));
    CHECK(cleanup->left.empty());
    CHECK(cleanup->removed.empty());
    CHECK(std::filesystem::exists(folder.path("data")));
}

TEST_CASE("what is kept is never removed") {
    const TempDirectory folder;
    auto ledger = OwnershipLedger::open(folder.path("owned.jsonl"));
    REQUIRE(ledger->make_directory(folder.path("data"), Lifetime::kept).has_value());
    CHECK(ledger->remove_all().removed.empty());
    CHECK(ledger->owns_directory(folder.path("data")));
    CHECK(ledger->make_directory(folder.path("data"), Lifetime::kept).error() == EEXIST);
    CHECK(ledger->owns_directory(folder.path("data")));
}

TEST_CASE("a line that a crash has cut is no entry") {
    const Possessions ours;
    std::ofstream(ours.folder.path("owned.jsonl"), std::ios::app) << R"({"what":"file","pa)";
    CHECK(ours.clean().removed.size() == 3);
}

TEST_CASE("what a format has left unfinished is taken over from a directory of ours alone") {
    const TempDirectory folder;
    auto ledger = OwnershipLedger::open(folder.path("owned.jsonl"));
    REQUIRE(ledger->make_directory(folder.path("data"), Lifetime::until_removed).has_value());
    std::filesystem::create_directory(folder.path("others"));
    for (const char* name : {"data/a.1.new", "data/b", "others/a.1.new"}) {
        write_file(folder.path(name));
    }
    ledger->adopt_unfinished(folder.path("data/a"));
    ledger->adopt_unfinished(folder.path("others/a"));
    CHECK(ledger->remove_all().removed == std::vector<std::string>{folder.path("data/a.1.new")});
}
