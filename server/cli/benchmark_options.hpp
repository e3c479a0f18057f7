#pragma once

#include "bench/driver/benchmark_options.hpp"
#include "server/cli/flags.hpp"

namespace elytra::cli {

enum class ReportFormat : std::uint8_t { text, json };

// What `benchmark` shall measure and show. The program to start and the time in the
// ids are left to run_benchmark().
struct BenchmarkOptions {
    bench::BenchmarkOptions measurement;
    ReportFormat format = ReportFormat::text;
    bool log_debug = false;
    bool print_batch_timings = false;
};

Request<BenchmarkOptions> parse_benchmark_options(Arguments arguments);

}  // namespace elytra::cli
