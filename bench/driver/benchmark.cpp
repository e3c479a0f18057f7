#include "bench/driver/benchmark.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/driver/usage_json.hpp"
#include "bench/load/load_report.hpp"
#include "server/io/asio.hpp"
#include "server/io/directory.hpp"
#include "server/io/signals.hpp"

namespace elytra::bench {
namespace {

// The course of one benchmark: server up, load, server down. Whatever goes wrong stops the loop,
// and the members' destructors clean up.
class Course {
public:
    Course(const BenchmarkOptions& options, LoadObserver observer)
        : options_(options),
          observer_(std::move(observer)),
          signals_(loop_, [this](int signal) { on_signal(signal); }) {}

    BenchmarkResult run() {
        result_.environment =
            read_environment(options_.file.empty() ? "." : io::directory_of(options_.file));
        result_.system_before = read_system_load();
        if (options_.addresses.empty()) {
            start_server();
        } else {
            start_load(options_.addresses);
        }
        loop_.run();
        generator_.reset();
        server_.reset();
        result_.system_after = read_system_load();
        return std::move(result_);
    }

private:
    void start_server() {
        server_.emplace(
            loop_,
            ServerOptions{.executable = options_.executable,
                          .data_file = options_.file,
                          .start_flags = start_flags(options_),
                          .log = options_.log_debug_replica ? ChildLog::show : ChildLog::keep},
            ServerEvents{
                .on_ready = [this](const io::Address& address) { start_load({address}); },
                .on_stopped = [this](const ServerReport& report) { on_server_stopped(report); },
                .on_failed = [this](const std::string& reason) { on_server_failed(reason); }});
        server_->start();
    }

    void start_load(const std::vector<io::Address>& addresses) {
        generator_.emplace(loop_, options_.load, addresses, observer_);
        generator_->start([this](LoadResult load) { on_load_done(std::move(load)); });
    }

    void on_load_done(LoadResult load) {
        result_.errors.insert(result_.errors.end(), load.errors.begin(), load.errors.end());
        result_.load = std::move(load);
        if (!server_) return loop_.stop();
        server_->stop();
    }

    void on_server_stopped(const ServerReport& report) {
        result_.server = report;
        loop_.stop();
    }

    void on_server_failed(const std::string& reason) {
        result_.errors.push_back(reason);
        loop_.stop();
    }

    void on_signal(int signal) {
        result_.signal = signal;
        loop_.stop();
    }

    const BenchmarkOptions& options_;
    LoadObserver observer_;
    BenchmarkResult result_;
    io::asio::io_context loop_;
    io::EndSignals signals_;
    std::optional<ThrowawayServer> server_;
    std::optional<LoadGenerator> generator_;
};

nlohmann::json sizes_json(const FileSizes& sizes) {
    return {{"apparent", sizes.apparent}, {"allocated", sizes.allocated}};
}

nlohmann::json server_json(const ServerReport& server) {
    return {{"data_file", server.data_file},
            {"data_file_empty_bytes", sizes_json(server.data_file_empty)},
            {"data_file_bytes", sizes_json(server.data_file_final)},
            {"usage", usage_json(server.usage)}};
}

}  // namespace

BenchmarkResult run_benchmark(const BenchmarkOptions& options, LoadObserver observer) {
    return Course(options, std::move(observer)).run();
}

std::string text_report(const BenchmarkOptions& options, const BenchmarkResult& result) {
    std::string text;
    if (result.load) text += text_report(options.load, *result.load);
    if (!result.server) return text;
    text += fmt::format("\nrss = {} bytes\n\ndatafile empty = {} bytes\ndatafile = {} bytes\n",
                        result.server->usage.max_rss_bytes, result.server->data_file_empty.apparent,
                        result.server->data_file_final.apparent);
    return text;
}

nlohmann::json json_report(const BenchmarkOptions& options, const BenchmarkResult& result) {
    nlohmann::json report{{"passed", result.passed()},
                          {"errors", result.errors},
                          {"environment", to_json(result.environment)},
                          {"system_before", to_json(result.system_before)},
                          {"system_after", to_json(result.system_after)},
                          {"start_flags", start_flags(options)}};
    if (result.load) report["load"] = json_report(options.load, *result.load);
    if (result.server) report["server"] = server_json(*result.server);
    if (result.signal != 0) report["signal"] = result.signal;
    return report;
}

}  // namespace elytra::bench
