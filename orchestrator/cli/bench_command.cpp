#include "orchestrator/cli/bench_command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/driver/benchmark.hpp"
#include "bench/driver/progress_bar.hpp"
#include "orchestrator/report/bench_report.hpp"
#include "server/common/build_info.hpp"
#include "server/io/asio.hpp"
#include "server/io/child.hpp"

namespace elytractl::cli {
namespace {

using elytra::bench::BenchmarkResult;

constexpr int json_indent = 2;
constexpr std::size_t version_size_max = 4096;

void print_error(std::string_view text) { fmt::print(stderr, "error: {}\n", text); }

// The first line that the server prints for `version`; none when it is not such a program.
std::optional<std::string> version_of(const std::string& binary) {
    elytra::io::asio::io_context loop;
    elytra::io::Child child(loop);
    const auto spawned = child.spawn({.executable = binary,
                                      .arguments = {"version"},
                                      .output = elytra::io::ChildStream::pipe,
                                      .errors = elytra::io::ChildStream::discard});
    if (!spawned.has_value()) {
        print_error(fmt::format("--binary ({}): {}", binary, std::strerror(spawned.error())));
        return std::nullopt;
    }
    std::string text;
    bool succeeded = false;
    child.read_output(version_size_max, [&](elytra::io::ChildText output) { text = output.text; });
    child.wait([&](const elytra::io::ChildExit& exit) { succeeded = exit.exit_code == 0; });
    loop.run();
    if (!succeeded || text.empty()) {
        print_error(
            fmt::format("--binary ({}): it does not answer `version` as a server does", binary));
        return std::nullopt;
    }
    return text.substr(0, text.find('\n'));
}

bool write_file(const std::string& path, const std::string& text) {
    std::FILE* const file = std::fopen(path.c_str(), "wxe");
    const bool opened = file != nullptr;
    const bool written = opened && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = opened && std::fclose(file) == 0;
    if (written && closed) return true;
    print_error(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    return false;
}

bool publish(const BenchOptions& options, const report::BenchRun& run) {
    const std::string json = report::bench_json(run).dump(json_indent) + "\n";
    const std::string text = options.json ? json : report::bench_text(run);
    bool complete = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    complete = std::fflush(stdout) == 0 && complete;
    if (!options.json_path.empty()) complete = write_file(options.json_path, json) && complete;
    if (!options.hdr_path.empty()) {
        complete = write_file(options.hdr_path, report::bench_histogram_log(run)) && complete;
    }
    return complete;
}

BenchmarkResult measure(const BenchOptions& options) {
    elytra::bench::ProgressBar bar;
    elytra::bench::LoadObserver observer;
    observer.on_progress = [&bar](const elytra::bench::LoadProgress& progress) {
        bar.draw(progress);
    };
    return elytra::bench::run_benchmark(options.measurement, observer);
}

// What the last run says about the whole bench.
ExitCode judge(const BenchmarkResult& result) {
    if (result.passed()) return ExitCode::success;
    for (const std::string& error : result.errors) print_error(error);
    const bool load_ended = result.load.has_value();
    const bool answers_right = !load_ended || result.load->passed();
    return answers_right ? ExitCode::member_died : ExitCode::check_failed;
}

// Requires: resolve(options) found nothing.
ExitCode measure_all(const BenchOptions& options) {
    const std::optional<std::string> version = version_of(options.binary);
    if (!version.has_value()) return ExitCode::usage;
    report::BenchRun run{
        .binary = options.binary,
        .binary_version = *version,
        .elytractl_version = fmt::format("{}+{}", elytra::build_version, elytra::build_commit),
        .options = options.measurement,
        .results = {}};
    ExitCode code = ExitCode::success;
    for (std::uint32_t repeat = 0; repeat < options.repeat && code == ExitCode::success; ++repeat) {
        run.results.push_back(measure(options));
        if (run.results.back().signal != 0) return ExitCode::interrupted;
        code = judge(run.results.back());
    }
    if (!publish(options, run) && code == ExitCode::success) return ExitCode::unclassified;
    return code;
}

}  // namespace

BenchVerb::BenchVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("bench", "Measures a throwaway cluster under load");
    declare_bench(*command, options_);
    command->callback([this, &chosen, command] {
        if (command->get_subcommands().empty()) chosen = [this] { return run(); };
    });
}

ExitCode BenchVerb::run() {
    const std::string impossible = resolve(options_);
    if (impossible.empty()) return measure_all(options_);
    print_error(impossible);
    return ExitCode::usage;
}

}  // namespace elytractl::cli
