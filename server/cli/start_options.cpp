#include "server/cli/start_options.hpp"

#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace elytra::cli {
namespace {

constexpr std::uint64_t kibibyte = 1ULL << 10;
constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr std::uint64_t tebibyte = 1ULL << 40;
constexpr std::uint64_t u32_max = std::numeric_limits<std::uint32_t>::max();

constexpr SizeRange cache_grid_range = {.min = 32 * mebibyte, .max = 16 * tebibyte};
constexpr SizeRange limit_storage_range = {
    .min = 1'114'624 * kibibyte, .max = 64 * tebibyte, .multiple = 4 * kibibyte};
constexpr SizeRange limit_request_range = {.min = 4 * kibibyte, .max = mebibyte};
constexpr std::uint64_t limit_request_development = 32 * kibibyte;
constexpr SizeRange cache_objects_range = {.max = u32_max * 128};  // objects of 128 bytes
constexpr SizeRange manifest_range = {
    .min = mebibyte, .max = 4095 * mebibyte, .multiple = mebibyte};
constexpr SizeRange compaction_range = {
    .min = 10'752 * kibibyte, .max = u32_max * 512 * kibibyte, .multiple = 512 * kibibyte};
constexpr IntegerRange timeout_range = {.min = 10, .multiple = 10};

struct StartInput {
    std::string addresses;
    std::optional<std::uint64_t> limit_request;
    bool experimental = false;
    bool log_trace = false;
};

// Receives the values that nothing uses.
struct Unused {
    std::uint64_t number = 0;
    std::uint32_t count = 0;
    std::uint16_t multiple = 0;
    bool toggle = false;
    std::string path;
    std::string address;
    std::string aof_file;
    std::optional<Ratio> ratio;
};

// The flags that existing scripts may pass and that have no counterpart here. They are parsed like
// all others, so that a mistake in them is found, and reported in StartOptions::without_effect.
std::vector<Flag> flags_without_effect(Unused& unused) {
    std::vector<Flag> flags;
    const auto add = [&flags](std::string_view name, std::string_view value, Accept accept) {
        flags.push_back({name, value, "", std::move(accept), Presence::hidden});
    };
    add("limit-pipeline-requests", "<count>", store_integer(unused.count, {.max = 57}));
    add("cache-accounts", "<size>", store_size(unused.number, cache_objects_range));
    add("cache-transfers", "<size>", store_size(unused.number, cache_objects_range));
    add("cache-transfers-pending", "<size>", store_size(unused.number, cache_objects_range));
    add("memory-lsm-manifest", "<size>", store_size(unused.number, manifest_range));
    add("memory-lsm-compaction", "<size>", store_size(unused.number, compaction_range));
    add("timeout-prepare-ms", "<ms>", store_integer(unused.number, timeout_range));
    add("timeout-grid-repair-message-ms", "<ms>", store_integer(unused.number, timeout_range));
    add("commit-stall-probability", "<ratio>", store_ratio(unused.ratio));
    add("commit-stall-lag-min", "<count>", store_integer(unused.count));
    add("commit-stall-lag-max", "<count>", store_integer(unused.count));
    add("commit-stall-multiple-max", "<count>", store_integer(unused.multiple));
    add("replicate-star", "", store_switch(unused.toggle));
    add("trace", "<path>", store_text(unused.path));
    add("statsd", "<address>", store_text(unused.address));
    add("aof-file", "<path>", store_text(unused.aof_file));
    add("aof", "", store_switch(unused.toggle));
    add("aof-recovery", "", store_switch(unused.toggle));
    return flags;
}

CommandLine start_line(StartOptions& options, StartInput& input) {
    return {
        .program = "elytra",
        .command = "start",
        .summary = "Serves the data file of one replica until the process is told to end.",
        .flags =
            {
                {"addresses", "<list>",
                 "Addresses of all replicas in order: 3000 or 10.0.0.1:3000,10.0.0.2:3000,...",
                 store_text(input.addresses), Presence::required},
                {"limit-storage", "<size>", "Largest size of the data file, default 16TiB.",
                 store_size(options.limit_storage, limit_storage_range)},
                {"limit-request", "<size>",
                 "Largest request, default 1MiB, or 32KiB with --development.",
                 store_size(input.limit_request, limit_request_range)},
                {"cache-grid", "<size>",
                 "Memory for pages of the data file, default 64MiB; taken as they are read.",
                 store_size(options.cache_grid, cache_grid_range)},
                {"scrub-period", "<time>",
                 "Time in which all data is read and verified once, default 14d.",
                 store_duration(options.scrub_period)},
                {"development", "", "For tests: no direct I/O needed, small requests.",
                 store_switch(options.development)},
                {"log-debug", "", "Log every message.", store_switch(options.log_debug)},
                {"log-trace", "", "", store_switch(input.log_trace), Presence::hidden},
                // Unlocks nothing any more, but scripts pass it.
                {"experimental", "", "", store_switch(input.experimental), Presence::hidden},
            },
        .positional =
            Positional{"<path>", "path of the data file, made by elytra format", &options.path},
    };
}

std::string describe_address_error(std::string_view flag, std::string_view text,
                                   const io::AddressError& error) {
    return describe_error(flag, text, fmt::format("{}; {}", error.reason, error.advice));
}

// What a combination of flags, each valid by itself, makes impossible.
void check_unused(const ParsedArguments& parsed, const Unused& unused,
                  std::vector<std::string>& errors) {
    if (parsed.has("statsd")) {
        const auto address = io::parse_addresses(unused.address, io::AddressUse::connect);
        if (!address.has_value()) {
            errors.push_back(describe_address_error("--statsd", unused.address, address.error()));
        } else if (address->entries.size() != 1) {
            errors.push_back(describe_error("--statsd", unused.address, "expected one address"));
        }
    }
    if (parsed.has("aof-file") && !unused.aof_file.ends_with(".aof")) {
        errors.push_back(describe_error("--aof-file", unused.aof_file, "must end in .aof"));
    }
    if (parsed.has("aof-file") && parsed.has("aof")) {
        errors.push_back(describe_error("--aof", {}, "excludes --aof-file; give one of them"));
    }
}

void resolve(const StartInput& input, StartOptions& options, std::vector<std::string>& errors) {
    options.limit_request = input.limit_request.value_or(
        options.development ? limit_request_development : limit_request_range.max);
    options.log_debug = options.log_debug || input.log_trace;
    if (options.scrub_period < std::chrono::seconds(1)) {
        errors.push_back(describe_error("--scrub-period",
                                        fmt::format("{}ns", options.scrub_period.count()),
                                        "expected at least 1s"));
    }
    auto addresses = io::parse_addresses(input.addresses, io::AddressUse::serve);
    if (addresses.has_value()) {
        options.addresses = std::move(*addresses);
    } else {
        errors.push_back(describe_address_error("--addresses", input.addresses, addresses.error()));
    }
}

}  // namespace

Request<StartOptions> parse_start_options(Arguments arguments) {
    StartOptions options;
    StartInput input;
    Unused unused;
    CommandLine line = start_line(options, input);
    const std::vector<Flag> without_effect = flags_without_effect(unused);
    line.flags.insert(line.flags.end(), without_effect.begin(), without_effect.end());
    ParsedArguments parsed = parse_arguments(line, arguments);
    for (const Flag& flag : without_effect) {
        if (parsed.has(flag.name)) options.without_effect.push_back(flag.name);
    }
    if (!parsed.help_wanted && parsed.errors.empty()) {
        resolve(input, options, parsed.errors);
        check_unused(parsed, unused, parsed.errors);
        options.trace_path = unused.path;
        options.aof_path = unused.aof_file;
    }
    return conclude(line, std::move(parsed), std::move(options));
}

}  // namespace elytra::cli
