#include "server/cli/benchmark_command.hpp"

#include <filesystem>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

#include "bench/driver/benchmark.hpp"
#include "bench/driver/progress_bar.hpp"
#include "bench/load/load_report.hpp"
#include "server/cli/program.hpp"
#include "server/io/clock.hpp"
#include "server/io/logging.hpp"
#include "server/io/signals.hpp"

namespace elytra::cli {
namespace {

constexpr int json_indent = 2;

void log_options(const bench::BenchmarkOptions& measurement, const io::Log& log) {
    const bench::WorkloadOptions& workload = measurement.load.workload;
    log.info("seed={} account_distribution={}", workload.seed,
             bench::to_text(workload.account_distribution));
    for (const io::Address& address : measurement.addresses) {
        log.info("measuring the cluster at {}", io::to_text(address));
    }
}

bench::LoadObserver observer_of(const BenchmarkOptions& options, const io::Log& log,
                                bench::ProgressBar& bar) {
    bench::LoadObserver observer;
    observer.on_progress = [log, &bar](const bench::LoadProgress& progress) {
        bar.draw(progress);
        log.debug("{}: {} of {}, {} a second", bench::to_text(progress.stage), progress.done,
                  progress.total, progress.events_per_second);
    };
    if (options.print_batch_timings) {
        observer.on_batch = [log](const bench::BatchTiming& batch) {
            log.info("batch {}: {} transfers in {} us", batch.index, batch.transfers,
                     batch.microseconds);
        };
    }
    return observer;
}

int report(const BenchmarkOptions& options, const bench::BenchmarkResult& result) {
    const std::string text =
        options.format == ReportFormat::json
            ? bench::json_report(options.measurement, result).dump(json_indent) + "\n"
            : bench::text_report(options.measurement, result);
    const int status = print_result(text);
    return result.passed() ? status : print_refusal({result.errors});
}

}  // namespace

int run_benchmark(const BenchmarkOptions& options) {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return print_refusal({{describe_error("/proc/self/exe", {}, error.message())}});

    io::ignore_write_signals();
    bench::BenchmarkOptions measurement = options.measurement;
    measurement.executable = program.string();
    measurement.load.workload.id_base = io::wall_now();
    const io::Log log(options.log_debug ? io::LogLevel::debug : io::LogLevel::info);
    log_options(measurement, log);
    bench::BenchmarkResult result;
    {
        bench::ProgressBar bar;
        result = bench::run_benchmark(measurement, observer_of(options, log, bar));
    }
    if (result.signal != 0) io::end_by_signal(result.signal);
    return report(options, result);
}

}  // namespace elytra::cli
