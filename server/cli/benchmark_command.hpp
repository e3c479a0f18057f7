#pragma once

#include "server/cli/benchmark_options.hpp"

namespace elytra::cli {

// Measures and prints the report to stdout, what goes on to stderr. Returns the exit status.
int run_benchmark(const BenchmarkOptions& options);

}  // namespace elytra::cli
