#include "orchestrator/records/command_log.hpp"

#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "orchestrator/records/atomic_file.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

namespace {

constexpr std::size_t size_max = std::size_t{4} << 20;

CommandBegin command_of(std::vector<std::string> arguments, std::int64_t process = ::getpid()) {
    return {.time = {.nanoseconds = 1'795'000'000'000'000'000},
            .directory = "/somewhere",
            .arguments = std::move(arguments),
            .environment = {{"ELYTRACTL_RUNS", "elsewhere"}},
            .process = process,
            .user = "otter"};
}

}  // namespace

TEST_CASE("a command is kept with how it began and how it ended") {
    const elytra::test::TempDirectory directory;
    CommandLog log(directory.path("state/elytractl"));
    CHECK(log.begin(command_of({"elytractl", "bench", "a b.json"})).value() == 1);
    CHECK(log.read().front().state == CommandState::running);
    REQUIRE(log.end(1, {.status = 8, .duration_milliseconds = 1500, .run = "0042-brisk-otter"})
                .has_value());
    const std::vector<LoggedCommand> commands = log.read();
    REQUIRE(commands.size() == 1);
    const LoggedCommand& one = commands.front();
    CHECK(one.started == "2026-11-18T11:06:40Z");
    CHECK(one.directory == "/somewhere");
    CHECK(one.arguments == std::vector<std::string>{"elytractl", "bench", "a b.json"});
    CHECK(one.environment.at("ELYTRACTL_RUNS") == "elsewhere");
    CHECK(one.user == "otter");
    CHECK(one.state == CommandState::ended);
    REQUIRE(one.end.has_value());
    CHECK(one.end->status == 8);
    CHECK(one.end->run == "0042-brisk-otter");
    const std::string text = command_list_text(command_list_json(commands, 20));
    CHECK(text.find("0042-brisk-otter  elytractl bench 'a b.json'\n") != text.npos);
    CHECK(text.find("1.5 s") != text.npos);
}

TEST_CASE("a command whose process is gone without a word was killed") {
    const elytra::test::TempDirectory directory;
    CommandLog log(directory.path(""));
    constexpr std::int64_t nobody = 4'194'304;  // above every process number of Linux
    REQUIRE(log.begin(command_of({"elytractl", "bench"}, nobody)).has_value());
    CHECK(log.read().front().state == CommandState::killed);
    const std::string text = command_list_text(command_list_json(log.read(), 20));
    CHECK(text.find("killed") != text.npos);
}

TEST_CASE("numbers go on where a log is full, and it stays bounded") {
    const elytra::test::TempDirectory directory;
    CommandLog log(directory.path(""));
    const CommandBegin long_one = command_of({"elytractl", "bench", std::string(15'000, 'x')});
    constexpr std::uint64_t count = 200;  // some three logs full
    for (std::uint64_t number = 1; number <= count; ++number) {
        REQUIRE(log.begin(long_one).value() == number);
        // The end of an older command may be the first line of the next log.
        REQUIRE(log.end(std::max<std::uint64_t>(number, 2) - 1, {}).has_value());
    }
    const std::vector<LoggedCommand> commands = log.read();
    CHECK(commands.back().number == count);
    CHECK(commands.front().number > 1);
    constexpr std::uintmax_t limit = std::uintmax_t{1} << 20;
    CHECK(std::filesystem::file_size(directory.path("commands.jsonl")) <= limit);
    CHECK(std::filesystem::file_size(directory.path("commands.1.jsonl")) <= limit);
    CHECK(directory.entry_count() == 3);
}

TEST_CASE("arguments without end are kept as far as they fit, and it is said") {
    const elytra::test::TempDirectory directory;
    CommandLog log(directory.path(""));
    REQUIRE(log.begin(command_of({"elytractl", "bench", std::string(2'000'000, 'x')})).has_value());
    const LoggedCommand one = log.read().front();
    CHECK(one.cut);
    CHECK(one.arguments == std::vector<std::string>{"elytractl", "bench"});
}

TEST_CASE("lines that are cut or not ours do not hide the others") {
    const elytra::test::TempDirectory directory;
    CommandLog log(directory.path(""));
    test::write(directory.path("commands.jsonl"),
                "not JSON\n{\"number\":7,\"arguments\":3}\n[1]\n{\"number\":8,\"argu");
    CHECK(log.begin(command_of({"elytractl", "init"})).value() == 9);
    const std::vector<LoggedCommand> commands = log.read();
    REQUIRE(commands.size() == 2);
    CHECK(commands[0].arguments.empty());
    CHECK(commands[1].arguments.back() == "init");
}

TEST_CASE("only the newest are listed, and only their owner can read the log") {
    const elytra::test::TempDirectory directory;
    CommandLog log(directory.path(""));
    for (int number = 0; number < 3; ++number) {
        REQUIRE(log.begin(command_of({"elytractl", "init"})).has_value());
    }
    const nlohmann::json list = command_list_json(log.read(), 2);
    REQUIRE(list.size() == 2);
    CHECK(list[0]["number"] == 2);
    const auto mode = std::filesystem::status(directory.path("commands.jsonl")).permissions();
    CHECK((mode & std::filesystem::perms::others_all) == std::filesystem::perms::none);
}

TEST_CASE("a log that cannot be written is told") {
    const elytra::test::TempDirectory directory;
    test::write(directory.path("file"), "mine");
    CommandLog log(directory.path("file"));
    const auto number = log.begin(command_of({"elytractl", "init"}));
    REQUIRE_FALSE(number.has_value());
    CHECK(number.error().find("cannot open") == 0);
    CHECK(log.read().empty());
}
