#pragma once

#include <string>
#include <vector>

#include "bench/load/load_options.hpp"
#include "server/common/result.hpp"
#include "server/io/address.hpp"

namespace elytra::bench {

// A flag that is handed on to the server as it was written.
struct ForwardedFlag {
    std::string name;  // "cache-grid"
    std::string text;  // "1GiB"
};

struct BenchmarkOptions {
    LoadOptions load;
    std::string executable;                // of the server to start
    std::vector<io::Address> addresses;    // of a running cluster; empty: a server is started
    std::string file;                      // data file to keep; empty: one of our own, removed
    std::vector<ForwardedFlag> forwarded;  // cache sizes, statsd, trace
    bool log_debug_replica = false;
};

// All checks of flags, before a file or a process is created; like validate(LoadOptions).
Result<void, std::string> validate(const BenchmarkOptions& options);

// The flags of `start` that follow from these options.
std::vector<std::string> start_flags(const BenchmarkOptions& options);

}  // namespace elytra::bench
