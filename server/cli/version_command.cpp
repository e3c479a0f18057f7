#include "server/cli/version_command.hpp"

#include <chrono>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "server/cli/program.hpp"
#include "server/common/build_info.hpp"
#include "server/common/limits.hpp"
#include "server/io/address.hpp"
#include "server/wire/release.hpp"

namespace elytra::cli {
namespace {

#if defined(ELYTRA_SLOW_ASSERTIONS)
constexpr std::string_view assertions = "slow";
#else
constexpr std::string_view assertions = "fast";
#endif

// The longest pause before one of our clients repeats a request.
constexpr std::chrono::seconds backoff_max(10);

std::string describe_build() {
    return fmt::format("build.compiler=\"g++ {}\"\nbuild.assertions=\"{}\"\n", __VERSION__,
                       assertions);
}

std::string describe_cluster() {
    constexpr Limits limits = limits_production();
    return fmt::format(
        "cluster.clients_max={}\n"
        "cluster.pipeline_prepare_queue_max={}\n"
        "cluster.message_size_max={}\n"
        "cluster.log_size={}\n",
        limits.sessions_max, limits.pipeline_ops_max, limits.message_size_max, limits.log_size);
}

std::string describe_process() {
    return fmt::format(
        "process.release=\"{}\"\n"
        "process.release_client_min=\"{}\"\n"
        "process.git_commit=\"{}\"\n"
        "process.port={}\n"
        "process.address=\"127.0.0.1\"\n"
        "process.backoff_max={}\n",
        wire::to_text(wire::release_server), wire::to_text(wire::release_client_min), build_commit,
        io::port_default, backoff_max);
}

}  // namespace

Request<VersionOptions> parse_version_options(Arguments arguments) {
    bool verbose = false;
    const CommandLine line = {
        .program = "elytra",
        .command = "version",
        .summary = "Shows the version, and the version of the protocol that clients may speak.",
        .flags = {{"verbose", "", "Show the limits and defaults of this build as well.",
                   store_switch(verbose)}},
        .positional = {},
    };
    ParsedArguments parsed = parse_arguments(line, arguments);
    return conclude(line, std::move(parsed),
                    VersionOptions{verbose ? Verbosity::verbose : Verbosity::brief});
}

std::string version_text(Verbosity verbosity) {
    std::string text =
        fmt::format("Elytra version {} (compatible with TigerBeetle version {}+{})\n",
                    build_version, wire::to_text(wire::release_server), build_commit);
    if (verbosity == Verbosity::verbose) {
        text +=
            fmt::format("\n{}\n{}\n{}", describe_build(), describe_cluster(), describe_process());
    }
    return text;
}

int run_version(const VersionOptions& options) {
    return print_result(version_text(options.verbosity));
}

}  // namespace elytra::cli
