#include "server/cli/flags.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::cli;
using namespace std::string_view_literals;

namespace {

enum class Color { red, green };

constexpr std::array color_names = {"red"sv, "green"sv};

// A command with one flag of each kind, and the variables that its flags fill.
struct Example {
    std::optional<u128> cluster;
    std::uint8_t count = 0;
    std::uint64_t cache = 7;
    bool development = false;
    Color color = Color::red;
    std::chrono::nanoseconds delay{};
    std::optional<Ratio> chance;
    std::string note;
    std::string path;
    bool secret = false;

    CommandLine line() {
        return {
            .program = "elytra",
            .command = "paint",
            .summary = "Paints a file.",
            .flags =
                {
                    {"cluster", "<id>", "Cluster.", store_integer(cluster), Presence::required},
                    {"count", "<n>", "Count.", store_integer(count, {.min = 1}),
                     Presence::required},
                    {"cache", "<size>", "Cache.", store_size(cache, {.max = 1ULL << 30})},
                    {"development", "", "Development.", store_switch(development)},
                    {"color", "<color>", "Color.", store_choice(color, color_names)},
                    {"delay", "<time>", "Delay.", store_duration(delay)},
                    {"chance", "<p>", "Chance.", store_ratio(chance)},
                    {"note", "<text>", "Note.", store_text(note)},
                    {"secret", "", "Secret.", store_switch(secret), Presence::hidden},
                },
            .positional = Positional{"<path>", "the file to paint", &path},
        };
    }

    std::vector<std::string> errors(std::vector<std::string_view> arguments) {
        return parse_arguments(line(), arguments).errors;
    }
};

}  // namespace

TEST_CASE("all flags and the path are stored, in any order of the flags") {
    Example example;
    const std::array arguments = {"--note=a=b"sv,    "--chance=1/2"sv,  "--delay=1s"sv,
                                  "--color=green"sv, "--development"sv, "--cache=1MiB"sv,
                                  "--count=255"sv,   "--cluster=1_0"sv, "--secret"sv,
                                  "dir/0_0.elytra"sv};
    const ParsedArguments parsed = parse_arguments(example.line(), arguments);
    CHECK(parsed.errors.empty());
    CHECK_FALSE(parsed.help_wanted);
    CHECK((example.cluster == u128{10}));
    CHECK(example.count == 255);
    CHECK(example.cache == 1ULL << 20);
    CHECK(example.development);
    CHECK(example.color == Color::green);
    CHECK(example.delay == std::chrono::seconds(1));
    CHECK((example.chance == Ratio{1, 2}));
    CHECK(example.note == "a=b");
    CHECK(example.path == "dir/0_0.elytra");
    CHECK(example.secret);
    CHECK(parsed.has("note"));
    CHECK(parsed.has("development"));
    CHECK_FALSE(parsed.has("path"));
}

TEST_CASE("what is not given keeps its default") {
    Example example;
    const std::array arguments = {"--cluster=0"sv, "--count=1"sv, "f"sv};
    CHECK(parse_arguments(example.line(), arguments).errors.empty());
    CHECK(example.cache == 7);
    CHECK_FALSE(example.development);
    CHECK_FALSE(example.chance.has_value());
}

TEST_CASE("a switch takes true and false") {
    Example example;
    example.development = true;
    const std::array arguments = {"--cluster=0"sv, "--count=1"sv, "--development=false"sv, "f"sv};
    CHECK(parse_arguments(example.line(), arguments).errors.empty());
    CHECK_FALSE(example.development);
}

TEST_CASE("each mistake is refused with one line that names it") {
    struct Row {
        std::string_view argument;
        std::string_view error;
    };

    const Row rows[] = {
        {"--cache=", "--cache: a value is required; write --cache=<size>"},
        {"--development=", "--development: a value is required; write --development=true"},
        {"--development=maybe", "--development (maybe): expected true or false"},
        {"--cache=2GiB", "--cache (2GiB): must be at most 1GiB"},
        {"--color=blue", "--color (blue): expected one of red, green"},
        {"--delay=1", "--delay (1): the unit is missing; write for example 500ms"},
        {"--chance=2/1", "--chance (2/1): must not be greater than 1"},
        {"--clusters=0", "--clusters (0): unknown flag; did you mean --cluster?"},
        {"--develop", "--develop: unknown flag; did you mean --development?"},
        {"--",
         "--: unknown flag; known are --cluster, --count, --cache, --development, --color, "
         "--delay, --chance, --note"},
        {"--foo=1",
         "--foo (1): unknown flag; known are --cluster, --count, --cache, --development, "
         "--color, --delay, --chance, --note"},
        {"-x", "-x: not a flag; write a path that starts with '-' as ./-x"},
        {"--cluster=1", "--cluster: given twice, as '0' and as '1'; give it once"},
        {"--cluster=0", "--cluster: given twice, as '0' and as '0'; give it once"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.argument);
        Example example;
        const std::vector<std::string> errors =
            example.errors({"--cluster=0", "--count=1", row.argument, "f"});
        REQUIRE(errors.size() == 1);
        CHECK(errors.front() == row.error);
    }
}

TEST_CASE("a value behind a blank is recognised and shown with '='") {
    Example example;
    CHECK(example.errors({"--cluster", "0", "--count=1", "f"}) ==
          std::vector<std::string>{"--cluster: a value is required; write --cluster=0"});
    CHECK(example.errors({"--cluster=0", "--count", "--development", "f"}) ==
          std::vector<std::string>{"--count: a value is required; write --count=<n>"});
}

TEST_CASE("the type of the variable bounds an integer") {
    Example example;
    CHECK(
        example.errors({"--cluster=0", "--count=256", "f"}) ==
        std::vector<std::string>{"--count (256): out of range; expected an integer from 1 to 255"});
}

TEST_CASE("everything that is missing is named at once") {
    Example example;
    CHECK(example.errors({}) ==
          std::vector<std::string>{"paint: missing --cluster=<id>, "
                                   "--count=<n>, <path> (the file to paint)"});
    CHECK(example.errors({"--count=1", "f"}) ==
          std::vector<std::string>{"paint: missing --cluster=<id>"});
}

TEST_CASE("all mistakes of a command line are reported together") {
    Example example;
    CHECK(example.errors({"--count=x", "--foo", "a", "b"}).size() == 4);
}

TEST_CASE("the path comes last, once, and is not empty") {
    Example example;
    CHECK(
        example.errors({"--cluster=0", "f", "--count=1"}) ==
        std::vector<std::string>{"--count: write flags before 'f'", "paint: missing --count=<n>"});
    CHECK(example.errors({"--cluster=0", "--count=1", "a", "b"}) ==
          std::vector<std::string>{"<path> (a, b): expected one, but 2 are given"});
    CHECK(example.errors({"--cluster=0", "--count=1", ""}) ==
          std::vector<std::string>{"<path>: must not be empty"});
}

TEST_CASE("a path that starts with '-' is not reported as missing as well") {
    Example example;
    CHECK(example.errors({"--cluster=0", "--count=1", "-x"}) ==
          std::vector<std::string>{"-x: not a flag; write a path that starts with '-' as ./-x"});
}

TEST_CASE("a command without a path refuses one") {
    bool verbose = false;
    const CommandLine line = {.program = "elytra",
                              .command = "version",
                              .summary = "Prints the version.",
                              .flags = {{"verbose", "", "More.", store_switch(verbose)}},
                              .positional = {}};
    const std::array arguments = {"foo"sv};
    CHECK(parse_arguments(line, arguments).errors ==
          std::vector<std::string>{"foo: version takes no such argument"});
}

TEST_CASE("help is wanted wherever it is asked for, whatever else is wrong") {
    for (const std::string_view wish : {"--help"sv, "-h"sv}) {
        Example example;
        const std::array arguments = {"--foo"sv, wish, "a"sv, "b"sv};
        const ParsedArguments parsed = parse_arguments(example.line(), arguments);
        CHECK(parsed.help_wanted);
        CHECK(parsed.errors.empty());
    }
}

TEST_CASE("the help shows the required flags in the usage line and hides hidden ones") {
    Example example;
    CHECK(help_text(example.line()) ==
          "Usage: elytra paint --cluster=<id> --count=<n> [flags] <path>\n"
          "\n"
          "Paints a file.\n"
          "\n"
          "  --cluster=<id>   Cluster.\n"
          "  --count=<n>      Count.\n"
          "  --cache=<size>   Cache.\n"
          "  --development    Development.\n"
          "  --color=<color>  Color.\n"
          "  --delay=<time>   Delay.\n"
          "  --chance=<p>     Chance.\n"
          "  --note=<text>    Note.\n"
          "  <path>           the file to paint\n");
}

TEST_CASE("a request is help before refusal before options") {
    Example example;
    const CommandLine line = example.line();
    CHECK(std::holds_alternative<HelpText>(conclude(line, {.help_wanted = true}, 1)));
    ParsedArguments refused;
    refused.errors.emplace_back("no");
    CHECK(std::holds_alternative<Refusal>(conclude(line, refused, 1)));
    CHECK(std::get<int>(conclude(line, {}, 1)) == 1);
}
