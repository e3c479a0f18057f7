#include "server/cli/version_command.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/build_info.hpp"

using namespace elytra;
using namespace elytra::cli;

TEST_CASE("the first line names our version and the release that clients may speak") {
    CHECK(version_text(Verbosity::brief) == "Elytra version " + std::string(build_version) +
                                                " (compatible with TigerBeetle version 0.17.9+" +
                                                std::string(build_commit) + ")\n");
    CHECK(build_commit.size() == 7);
}

TEST_CASE("the verbose version adds groups of keys and values behind blank lines") {
    const std::string text = version_text(Verbosity::verbose);
    CHECK(text.starts_with(version_text(Verbosity::brief) + "\nbuild.compiler=\""));
    CHECK(text.find("\n\ncluster.clients_max=64\n") != std::string::npos);
    CHECK(text.find("\n\nprocess.release=\"0.17.9\"\n") != std::string::npos);
    CHECK(text.find("\nprocess.backoff_max=10s\n") != std::string::npos);
}

TEST_CASE("version takes one switch and nothing else") {
    const auto parse = [](std::vector<std::string_view> arguments) {
        return parse_version_options(arguments);
    };
    CHECK(std::get<VersionOptions>(parse({})).verbosity == Verbosity::brief);
    CHECK(std::get<VersionOptions>(parse({"--verbose"})).verbosity == Verbosity::verbose);
    CHECK(std::get<VersionOptions>(parse({"--verbose=false"})).verbosity == Verbosity::brief);
    CHECK(std::holds_alternative<HelpText>(parse({"--help"})));
    CHECK(std::get<Refusal>(parse({"foo"})).errors ==
          std::vector<std::string>{"foo: version takes no such argument"});
}
