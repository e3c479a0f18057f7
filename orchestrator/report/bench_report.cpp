#include "orchestrator/report/bench_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/load/load_report.hpp"

namespace elytractl::report {
namespace {

using elytra::bench::BenchmarkResult;
using elytra::bench::Stage;
using elytra::bench::StageResult;

constexpr std::uint64_t microseconds_per_millisecond = 1000;

std::string milliseconds(std::uint64_t microseconds) {
    return fmt::format("{}.{:02}", microseconds / microseconds_per_millisecond,
                       microseconds % microseconds_per_millisecond / 10);
}

std::string describe(const BenchmarkResult& result) {
    if (!result.load.has_value()) return "no load ran\n";
    const StageResult& transfers = result.load->stage(Stage::create_transfers);
    std::string line = fmt::format(
        "{:>9} transfers/s   batch p50 {:>7} ms   p99 {:>7} ms   max {:>7} ms",
        transfers.throughput(), milliseconds(transfers.latency.at({50, 100})),
        milliseconds(transfers.latency.at({99, 100})), milliseconds(transfers.latency.max()));
    if (result.server.has_value()) {
        line += fmt::format("   rss {} MiB", result.server->usage.max_rss_bytes >> 20);
    }
    return line + "\n";
}

std::vector<std::uint64_t> throughputs(const BenchRun& run) {
    std::vector<std::uint64_t> values;
    for (const BenchmarkResult& result : run.results) {
        if (!result.load.has_value()) continue;
        values.push_back(result.load->stage(Stage::create_transfers).throughput());
    }
    std::ranges::sort(values);
    return values;
}

}  // namespace

nlohmann::json bench_json(const BenchRun& run) {
    nlohmann::json repeats = nlohmann::json::array();
    for (const BenchmarkResult& result : run.results) {
        repeats.push_back(elytra::bench::json_report(run.options, result));
    }
    const std::vector<std::uint64_t> sorted = throughputs(run);
    nlohmann::json summary = {{"repeats", run.results.size()}};
    if (!sorted.empty()) {
        summary["transfers_per_second"] = {
            {"min", sorted.front()}, {"median", sorted[sorted.size() / 2]}, {"max", sorted.back()}};
    }
    return {{"schema", "elytractl-bench/1"},
            {"elytractl", run.elytractl_version},
            {"binary", {{"path", run.binary}, {"version", run.binary_version}}},
            {"replicas", 1},
            {"summary", std::move(summary)},
            {"repeats", std::move(repeats)}};
}

std::string bench_text(const BenchRun& run) {
    std::string text = fmt::format("{}\n{}\n", run.binary, run.binary_version);
    if (!run.results.empty()) {
        const elytra::bench::Environment& environment = run.results.front().environment;
        text +=
            fmt::format("{} x {}, {}, {} on {}\n\n", environment.cpu_count, environment.cpu_model,
                        environment.kernel, environment.file_system, environment.block_device);
    }
    for (std::size_t index = 0; index < run.results.size(); ++index) {
        text += fmt::format("run {:<3} {}", index + 1, describe(run.results[index]));
    }
    const std::vector<std::uint64_t> sorted = throughputs(run);
    if (sorted.size() > 1) {
        text +=
            fmt::format("\nmedian  {:>9} transfers/s, {} to {} over {} runs\n",
                        sorted[sorted.size() / 2], sorted.front(), sorted.back(), sorted.size());
    }
    return text;
}

std::string bench_histogram_log(const BenchRun& run) {
    std::string log;
    for (const BenchmarkResult& result : run.results) {
        if (result.load.has_value()) log += elytra::bench::histogram_log(*result.load);
    }
    return log;
}

}  // namespace elytractl::report
