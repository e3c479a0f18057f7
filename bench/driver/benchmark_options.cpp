#include "bench/driver/benchmark_options.hpp"

#include <fmt/format.h>

namespace elytra::bench {
namespace {

Result<void, std::string> refuse_with_addresses(std::string_view flag) {
    return Unexpected(
        fmt::format("--{}: incompatible with --addresses: the server is already running", flag));
}

}  // namespace

Result<void, std::string> validate(const BenchmarkOptions& options) {
    if (!options.addresses.empty()) {
        if (!options.file.empty()) {
            return Unexpected(std::string("--file: --addresses and --file are mutually exclusive"));
        }
        if (!options.forwarded.empty()) {
            return refuse_with_addresses(options.forwarded.front().name);
        }
        if (options.log_debug_replica) return refuse_with_addresses("log-debug-replica");
    }
    return validate(options.load);
}

std::vector<std::string> start_flags(const BenchmarkOptions& options) {
    std::vector<std::string> flags;
    for (const ForwardedFlag& flag : options.forwarded) {
        flags.push_back(fmt::format("--{}={}", flag.name, flag.text));
    }
    if (options.log_debug_replica) flags.push_back("--log-debug");
    if (!flags.empty()) flags.push_back("--experimental");
    return flags;
}

}  // namespace elytra::bench
