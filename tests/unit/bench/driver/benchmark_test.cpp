#include "bench/driver/benchmark.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "tests/support/temp_directory.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::TempDirectory;

namespace {

std::string script_in(const TempDirectory& directory, const std::string& start) {
    const std::string path = directory.path("server");
    std::ofstream script(path);
    script << "#!/bin/sh\n"
              "if [ \"$1\" = format ]; then for file; do :; done; : > \"$file\"; exit 0; fi\n"
           << start << "\n";
    script.close();
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
}

}  // namespace

TEST_CASE("a benchmark whose server does not start fails with its reason") {
    const TempDirectory directory;
    BenchmarkOptions options;
    options.executable = script_in(directory, "echo 'no memory' >&2; exit 1");
    const BenchmarkResult result = run_benchmark(options, {});
    CHECK_FALSE(result.passed());
    CHECK(result.errors ==
          std::vector<std::string>{"the server exited with status 1; it said:\nno memory"});
    CHECK_FALSE(result.load.has_value());
    CHECK(text_report(options, result).empty());
    CHECK(json_report(options, result)["errors"].size() == 1);
}

TEST_CASE("a signal cuts a benchmark short, and the child and the file go with it") {
    const TempDirectory directory;
    BenchmarkOptions options;
    options.executable = script_in(directory, "kill -TERM $PPID; cat >/dev/null");
    const BenchmarkResult result = run_benchmark(options, {});
    CHECK(result.signal == SIGTERM);
    CHECK_FALSE(result.passed());
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    for (const auto& entry : std::filesystem::directory_iterator(".")) {
        CHECK_FALSE(entry.path().string().ends_with(".tigerbeetle.benchmark"));
    }
}

TEST_CASE("a benchmark of a server that never answers names the address") {
    const TempDirectory directory;
    BenchmarkOptions options;
    // Port 1 of the loopback interface refuses connections.
    options.executable = script_in(directory, "echo 1; exec 1>&-; cat >/dev/null");
    options.load.register_timeout_nanoseconds = 100 * nanoseconds_per_millisecond;
    const BenchmarkResult result = run_benchmark(options, {});
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find("127.0.0.1:1: not connected (Connection refused)") !=
          std::string::npos);
    CHECK(result.server.has_value());
}

TEST_CASE("memory and data file end the text of a benchmark that started its server") {
    BenchmarkResult result;
    result.load.emplace();
    result.server = ServerReport{.usage = {.max_rss_bytes = 3'180'142'592},
                                 .data_file = "x",
                                 .data_file_empty = {.apparent = 1'141'374'976, .allocated = 1},
                                 .data_file_final = {.apparent = 19'255'525'376, .allocated = 2}};
    const std::string text = text_report(BenchmarkOptions{}, result);
    CHECK(
        text.ends_with("\n\nrss = 3180142592 bytes\n\n"
                       "datafile empty = 1141374976 bytes\n"
                       "datafile = 19255525376 bytes\n"));
    const nlohmann::json report = json_report(BenchmarkOptions{}, result);
    CHECK(report["server"]["data_file_bytes"]["allocated"] == 2);
}
