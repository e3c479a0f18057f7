#include "server/cli/format_options.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace elytra::cli {
namespace {

// The index comes from one of two flags.
struct Indexes {
    std::optional<std::uint8_t> replica;
    std::optional<std::uint8_t> standby;
};

CommandLine format_line(FormatOptions& options, Indexes& indexes, Presence replica_presence) {
    return {
        .program = "elytra",
        .command = "format",
        .summary =
            "Creates the data file of one replica. The size of a cluster is fixed from then on.",
        .flags =
            {
                {"cluster", "<id>", "Number of the cluster; random when left out. 0 is for tests.",
                 store_integer(options.cluster)},
                {"replica", "<index>", "Which replica of the cluster this is, counted from 0.",
                 store_integer(indexes.replica, {.max = replicas_max - 1}), replica_presence},
                {"standby", "<index>", "", store_integer(indexes.standby), Presence::hidden},
                {"replica-count", "<count>", "Replicas in the cluster: 1 to 6, best 3 or 6.",
                 store_integer(options.replica_count, {.min = 1, .max = replicas_max}),
                 Presence::required},
                {"development", "", "Accept file systems without direct I/O.",
                 store_switch(options.development)},
                {"log-debug", "", "", store_switch(options.log_debug), Presence::hidden},
            },
        .positional = Positional{"<path>", "path of the data file to create", &options.path},
    };
}

std::optional<std::string> check_replica(std::uint8_t replica, std::uint8_t replica_count) {
    if (replica < replica_count) return std::nullopt;
    return describe_error(
        "--replica", fmt::format("{}", replica),
        fmt::format("must be less than the replica count of {}, because replicas are counted from "
                    "0; use --standby for more",
                    replica_count));
}

std::optional<std::string> check_standby(std::uint8_t standby, std::uint8_t replica_count) {
    const int standby_max = replica_count + standbys_max - 1;
    if (standby >= replica_count && standby <= standby_max) return std::nullopt;
    return describe_error("--standby", fmt::format("{}", standby),
                          fmt::format("must be from {} to {}, because standbys are counted behind "
                                      "the replicas",
                                      replica_count, standby_max));
}

// Chooses the index; returns why that is impossible.
std::optional<std::string> resolve_index(const Indexes& indexes, FormatOptions& options) {
    if (indexes.replica.has_value() && indexes.standby.has_value()) {
        return describe_error("--standby", fmt::format("{}", *indexes.standby),
                              "excludes --replica; give one of them");
    }
    if (indexes.standby.has_value()) {
        options.replica = *indexes.standby;
        return check_standby(options.replica, options.replica_count);
    }
    options.replica = *indexes.replica;
    return check_replica(options.replica, options.replica_count);
}

}  // namespace

Request<FormatOptions> parse_format_options(Arguments arguments) {
    const bool standby = std::ranges::any_of(
        arguments, [](std::string_view argument) { return argument.starts_with("--standby="); });
    FormatOptions options;
    Indexes indexes;
    const CommandLine line =
        format_line(options, indexes, standby ? Presence::optional : Presence::required);
    ParsedArguments parsed = parse_arguments(line, arguments);
    if (!parsed.help_wanted && parsed.errors.empty()) {
        if (auto error = resolve_index(indexes, options))
            parsed.errors.push_back(*std::move(error));
    }
    return conclude(line, std::move(parsed), std::move(options));
}

}  // namespace elytra::cli
