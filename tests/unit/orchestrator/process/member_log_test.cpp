#include "orchestrator/process/member_log.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::process;
using elytra::test::TempDirectory;

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a log is stored and cut into lines however it comes") {
    const TempDirectory folder;
    std::vector<std::string> lines;
    MemberLog log([&](std::string_view line) { lines.emplace_back(line); });
    REQUIRE(log.create(folder.path("log")).has_value());
    for (const char* chunk : {"a", "b\nc", "\n\nd"}) log.append(chunk);
    CHECK(lines == std::vector<std::string>{"ab", "c", ""});
    CHECK(text_of(folder.path("log")) == "ab\nc\n\nd");
    CHECK(log.tail() == "ab\nc\n\nd");
}

TEST_CASE("a flood is stored up to the bound, and its marks and last words are still seen") {
    const TempDirectory folder;
    std::size_t lines = 0;
    MemberLog log([&](std::string_view) { ++lines; }, 1000);
    REQUIRE(log.create(folder.path("log")).has_value());
    for (int count = 0; count < 10'000; ++count) log.append("0123456789abcdef\n");
    log.append("the end\n");
    CHECK(lines == 10'001);
    const std::string stored = text_of(folder.path("log"));
    CHECK(stored.size() < 1100);
    CHECK(stored.find("more than 1000 bytes; what follows is not stored") != std::string::npos);
    CHECK(log.tail().ends_with("\nthe end"));
}

TEST_CASE("a line without end takes no room") {
    std::size_t longest = 0;
    MemberLog log([&](std::string_view line) { longest = line.size(); }, 0);
    const TempDirectory folder;
    REQUIRE(log.create(folder.path("log")).has_value());
    for (int count = 0; count < 1000; ++count) log.append(std::string(1000, 'x'));
    log.append("\n");
    CHECK(longest == 4096);
}

TEST_CASE("a log never replaces a file") {
    const TempDirectory folder;
    std::ofstream(folder.path("log")) << "mine";
    MemberLog log({});
    const auto created = log.create(folder.path("log"));
    REQUIRE_FALSE(created.has_value());
    CHECK(created.error() == EEXIST);
}

TEST_CASE("marks are read from lines of our own servers") {
    CHECK(mark_kind("x debug checkpoint done at op 17, 4096 bytes in use") == "checkpoint");
    CHECK(mark_kind("x debug checkpoint started at op 17").empty());
}
