#pragma once

#include <cstdint>
#include <string>

#include "bench/driver/benchmark_options.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// What `elytractl bench` shall measure and where the results go.
struct BenchOptions {
    std::string binary;  // any server with the command line of elytra
    std::uint32_t replicas = 1;
    std::uint32_t repeat = 1;
    bool json = false;      // JSON on stdout instead of text
    std::string json_path;  // JSON into this file as well
    std::string hdr_path;   // histograms into this file
    elytra::bench::BenchmarkOptions measurement;
    std::uint64_t transfer_batch_delay_milliseconds = 0;
};

// Declares the flags on a command; the options receive the values when CLI11 parses.
void declare_bench(CLI::App& command, BenchOptions& options);

// What a combination of flags makes impossible, before anything is created; empty where nothing.
// Completes the measurement.
std::string resolve(BenchOptions& options);

}  // namespace elytractl::cli
