#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/driver/benchmark.hpp"
#include "bench/driver/benchmark_options.hpp"

namespace elytractl::report {

// What was measured: the program, how often, and what came out of every run.
struct BenchRun {
    std::string binary;          // path of the server
    std::string binary_version;  // the first line of its `version`
    std::string elytractl_version;
    elytra::bench::BenchmarkOptions options;
    std::vector<elytra::bench::BenchmarkResult> results;  // one per repeat, in order
};

// One object per bench: environment, options, every repeat with its histograms and the rusage of
// its server. Schema: README.md beside this file.
nlohmann::json bench_json(const BenchRun& run);

// The same for people: one line per repeat, then how far the repeats lie apart.
std::string bench_text(const BenchRun& run);

// All histograms as one HdrHistogram V2 log, one line per stage and repeat.
std::string bench_histogram_log(const BenchRun& run);

}  // namespace elytractl::report
