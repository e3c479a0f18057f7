#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/driver/benchmark_options.hpp"
#include "bench/driver/environment.hpp"
#include "bench/driver/throwaway_server.hpp"
#include "bench/load/load_generator.hpp"
#include "bench/load/load_result.hpp"

namespace elytra::bench {

struct BenchmarkResult {
    std::optional<LoadResult> load;      // absent where the load never ended
    std::optional<ServerReport> server;  // absent with --addresses, or when it did not end well
    Environment environment;
    SystemLoad system_before;
    SystemLoad system_after;
    std::vector<std::string> errors;  // of server and load, in order
    int signal = 0;                   // the INT, TERM or HUP that cut the benchmark short, or 0

    bool passed() const { return errors.empty() && signal == 0; }
};

// Starts a server where none is given, loads it, stops it, cleans up: one measurement from begin to
// end. When this returns, on whatever way, the child is reaped and no file of our own is left.
// After a signal the caller ends the process by that signal. On the main thread. Requires:
// validate(options).
BenchmarkResult run_benchmark(const BenchmarkOptions& options, LoadObserver observer);

// Lines for scripts, as text_report() of the load; then memory and data file, if we started the
// server.
std::string text_report(const BenchmarkOptions& options, const BenchmarkResult& result);

nlohmann::json json_report(const BenchmarkOptions& options, const BenchmarkResult& result);

}  // namespace elytra::bench
