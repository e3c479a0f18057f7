#include "server/cli/benchmark_options.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "bench/workload/id_sequence.hpp"
#include "bench/workload/key_distribution.hpp"

namespace elytra::cli {
namespace {

// Values that do not go straight into the options.
struct BenchmarkInput {
    std::chrono::nanoseconds transfer_batch_delay{};
    std::string addresses;
    bool no_history = false;
    bool json = false;
    std::array<std::string, 6> forwarded;
};

// Handed on to the server as they are; it checks them.
constexpr std::array<std::string_view, 6> forwarded_names = {
    "cache-accounts", "cache-transfers", "cache-transfers-pending",
    "cache-grid",     "statsd",          "trace"};

// A decimal number, or the 40 hexadecimal digits of a commit, whose last 16 are taken.
Result<std::uint64_t, std::string> parse_seed(std::string_view text) {
    constexpr std::size_t commit_digits = 40;
    constexpr std::size_t seed_digits = 16;
    if (text.size() == commit_digits) {
        std::uint64_t seed = 0;
        for (const char c : text.substr(commit_digits - seed_digits)) {
            const std::size_t digit = std::string_view("0123456789abcdef").find(c);
            seed = seed << 4 | (digit & 0xf);
        }
        if (text.find_first_not_of("0123456789abcdef") == text.npos) return seed;
    }
    const auto seed = parse_integer(text, {.max = std::numeric_limits<std::uint64_t>::max()});
    if (!seed.has_value()) return Unexpected(seed.error() + ", or 40 hexadecimal digits");
    return narrow<std::uint64_t>(*seed);
}

std::vector<Flag> workload_flags(bench::WorkloadOptions& workload, BenchmarkInput& input) {
    return {
        {"account-count", "<count>", "Accounts to create, default 10000.",
         store_integer(workload.account_count)},
        {"account-count-hot", "<count>", "Accounts that most transfers debit, default 0.",
         store_integer(workload.account_count_hot)},
        {"account-distribution", "<name>", "How accounts are chosen: uniform, zipfian, latest.",
         store_choice(workload.account_distribution, bench::distribution_names)},
        {"transfer-count", "<count>", "Transfers to create, default 10000000.",
         store_integer(workload.transfer_count)},
        {"transfer-hot-percent", "<count>", "Transfers that debit a hot account, default 100.",
         store_integer(workload.transfer_hot_percent)},
        {"transfer-pending", "", "Make 30 % of the transfers pending.",
         store_switch(workload.transfer_pending)},
        {"id-order", "<name>", "Ids of the objects: tbid, sequential, random, reversed.",
         store_choice(workload.id_order, bench::id_order_names)},
        {"no-history", "", "Accounts do not keep past balances.", store_switch(input.no_history)},
        {"imported", "", "Objects carry their own timestamps; needs an empty cluster.",
         store_switch(workload.imported)},
        {"seed", "<seed>", "A number, or 40 hexadecimal digits; default 42.",
         store_parsed(workload.seed, parse_seed)},
    };
}

std::vector<Flag> load_flags(bench::LoadOptions& load, BenchmarkInput& input) {
    return {
        {"account-batch-count", "<count>", "Accounts in a request, default 8189.",
         store_integer(load.account_batch_count)},
        {"transfer-batch-count", "<count>", "Transfers in a request, default 8189.",
         store_integer(load.transfer_batch_count)},
        {"transfer-batch-delay", "<time>", "Pause after each request, default 0.",
         store_duration(input.transfer_batch_delay)},
        {"query-count", "<count>", "Queries after the transfers, default 100.",
         store_integer(load.query_count)},
        {"clients", "<count>", "Sessions that send at the same time, default 1.",
         store_integer(load.clients)},
        {"validate", "", "Read everything back and compare.", store_switch(load.validate)},
        {"checksum-performance", "", "Time the checksum of a full message as well.",
         store_switch(load.checksum_performance)},
    };
}

std::vector<Flag> benchmark_flags(BenchmarkOptions& options, BenchmarkInput& input) {
    return {
        {"addresses", "<list>", "Measure this running cluster instead of a server of our own.",
         store_text(input.addresses)},
        {"file", "<path>", "Data file of the server, to be kept; must not exist.",
         store_text(options.measurement.file)},
        {"json", "", "Report in JSON, with everything that was measured.",
         store_switch(input.json)},
        {"print-batch-timings", "", "Log each request.", store_switch(options.print_batch_timings)},
        {"log-debug", "", "Log the progress of the load.", store_switch(options.log_debug)},
        {"log-debug-replica", "", "Log every message of the server.",
         store_switch(options.measurement.log_debug_replica)},
    };
}

void append(std::vector<Flag>& flags, std::vector<Flag> more) {
    std::ranges::move(more, std::back_inserter(flags));
}

// Completes the options; returns the first reason why they make no sense together.
std::optional<std::string> resolve(const ParsedArguments& parsed, const BenchmarkInput& input,
                                   BenchmarkOptions& options) {
    bench::BenchmarkOptions& measurement = options.measurement;
    measurement.load.workload.history = !input.no_history;
    measurement.load.transfer_batch_delay_nanoseconds =
        narrow<std::uint64_t>(input.transfer_batch_delay.count());
    if (input.json) options.format = ReportFormat::json;
    for (std::size_t i = 0; i < forwarded_names.size(); ++i) {
        if (!parsed.has(forwarded_names[i])) continue;
        measurement.forwarded.push_back({std::string(forwarded_names[i]), input.forwarded[i]});
    }
    if (parsed.has("addresses")) {
        auto addresses = io::parse_addresses(input.addresses, io::AddressUse::connect);
        if (!addresses.has_value()) {
            return describe_error(
                "--addresses", input.addresses,
                fmt::format("{}; {}", addresses.error().reason, addresses.error().advice));
        }
        measurement.addresses = std::move(addresses->entries);
    }
    const Result<void, std::string> valid = bench::validate(measurement);
    if (!valid.has_value()) return valid.error();
    return std::nullopt;
}

}  // namespace

Request<BenchmarkOptions> parse_benchmark_options(Arguments arguments) {
    BenchmarkOptions options;
    BenchmarkInput input;
    CommandLine line = {
        .program = "elytra",
        .command = "benchmark",
        .summary = "Measures a throwaway server on this machine, or a running cluster.",
        .flags = workload_flags(options.measurement.load.workload, input),
        .positional = {},
    };
    append(line.flags, load_flags(options.measurement.load, input));
    append(line.flags, benchmark_flags(options, input));
    for (std::size_t i = 0; i < forwarded_names.size(); ++i) {
        line.flags.push_back({forwarded_names[i], "<text>", "For the server: see elytra start.",
                              store_text(input.forwarded[i])});
    }
    ParsedArguments parsed = parse_arguments(line, arguments);
    if (!parsed.help_wanted && parsed.errors.empty()) {
        if (auto error = resolve(parsed, input, options)) {
            parsed.errors.push_back(*std::move(error));
        }
    }
    return conclude(line, std::move(parsed), std::move(options));
}

}  // namespace elytra::cli
