#include "bench/driver/throwaway_server.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "tests/support/run_loop.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::run_until;
using elytra::test::TempDirectory;

namespace {

constexpr const char* format_well = "for file; do :; done; printf 12345 > \"$file\"";

// A shell script in the place of the server, and what has been heard of it.
struct Stage {
    Stage(const std::string& format, const std::string& start) {
        std::ofstream script(executable());
        script << "#!/bin/sh\ncase \"$1\" in\nformat)\n"
               << format << "\n;;\nstart)\n"
               << start << "\n;;\nesac\n";
        script.close();
        std::filesystem::permissions(executable(), std::filesystem::perms::owner_all);
    }

    std::string executable() const { return directory.path("server"); }

    ServerEvents events() {
        return {.on_ready = [this](const io::Address& address) { ready = address; },
                .on_stopped = [this](const ServerReport& report) { stopped = report; },
                .on_failed = [this](const std::string& reason) { failed = reason; }};
    }

    // Starts the server and, once it is ready, stops it.
    void run(const std::string& data_file = {}) {
        ThrowawayServer server(loop, {.executable = executable(), .data_file = data_file},
                               events());
        server.start();
        run_until(loop, [this] { return ready || failed; });
        if (!ready) return;
        server.stop();
        run_until(loop, [this] { return stopped || failed; });
    }

    TempDirectory directory;
    io::asio::io_context loop;
    std::optional<io::Address> ready;
    std::optional<ServerReport> stopped;
    std::optional<std::string> failed;
};

bool nothing_left() {
    for (const auto& entry : std::filesystem::directory_iterator(".")) {
        if (entry.path().string().ends_with(".tigerbeetle.benchmark")) return false;
    }
    return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

}  // namespace

TEST_CASE("a server is formatted, started on a port of its choice and ended by its input") {
    Stage stage(format_well, "echo 4242; exec 1>&-; cat >/dev/null; echo more >> \"$3\"");
    stage.run();
    CHECK(stage.ready == io::loopback(4242));
    REQUIRE(stage.stopped.has_value());
    CHECK(stage.stopped->data_file_empty.apparent == 5);
    CHECK(stage.stopped->data_file_final.apparent == 10);
    CHECK(stage.stopped->usage.max_rss_bytes > 0);
    CHECK(stage.stopped->data_file.starts_with("0_0-"));
    CHECK(stage.stopped->data_file.size() ==
          std::string("0_0-01234567.tigerbeetle.benchmark").size());
    CHECK(nothing_left());
}

TEST_CASE("a data file of the user stays") {
    Stage stage(format_well, "echo 4242; exec 1>&-; cat >/dev/null");
    const std::string data_file = stage.directory.path("mine");
    stage.run(data_file);
    CHECK(stage.stopped.has_value());
    CHECK(std::filesystem::exists(data_file));
}

TEST_CASE("a failure carries the child's status and its last words, and leaves nothing behind") {
    struct Row {
        const char* format;
        const char* start;
        const char* expected;
    };

    const Row rows[] = {
        {"echo 'error: disk full' >&2; exit 2", "exit 0",
         "exited with status 2; it said:\nerror: disk full"},
        {format_well, "echo 'error: bad --cache-grid' >&2; exit 1",
         "the server exited with status 1; it said:\nerror: bad --cache-grid"},
        {format_well, "kill -SEGV $$", "was killed by signal 11"},
        {format_well, "echo hello; exec 1>&-; cat >/dev/null",
         "the server wrote \"hello\n\" instead"},
        {format_well, "echo 0; exec 1>&-; cat >/dev/null", "instead of its port"},
        {format_well, "echo 4242; exec 1>&-; cat >/dev/null; exit 3",
         "the server exited with status 3 at the end of its input"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expected);
        Stage stage(row.format, row.start);
        stage.run();
        REQUIRE(stage.failed.has_value());
        CAPTURE(*stage.failed);
        CHECK(stage.failed->find(row.expected) != std::string::npos);
        CHECK(nothing_left());
    }
}

TEST_CASE("a program that cannot be run is a failure") {
    Stage stage(format_well, "exit 0");
    std::filesystem::remove(stage.executable());
    stage.run();
    REQUIRE(stage.failed.has_value());
    CHECK(stage.failed->ends_with("/server: No such file or directory"));
}

TEST_CASE("a server that dies while it is in use is a failure") {
    Stage stage(format_well, "echo 4242; exec 1>&-; exit 9");
    ThrowawayServer server(stage.loop, {.executable = stage.executable()}, stage.events());
    server.start();
    run_until(stage.loop, [&] { return stage.failed.has_value(); });
    CHECK(stage.failed->starts_with("the server exited with status 9"));
}

TEST_CASE("destruction in the middle ends the child and removes the file") {
    Stage stage(format_well, "echo 4242; exec 1>&-; cat >/dev/null");
    {
        ThrowawayServer server(stage.loop, {.executable = stage.executable()}, stage.events());
        server.start();
        run_until(stage.loop, [&] { return stage.ready.has_value(); });
    }
    stage.loop.poll();
    CHECK(nothing_left());
    CHECK_FALSE(stage.failed.has_value());
}

TEST_CASE("only the last lines of a long log are kept") {
    Stage stage("i=0; while [ $i -lt 500 ]; do echo line $i >&2; i=$((i+1)); done; exit 1", "");
    stage.run();
    REQUIRE(stage.failed.has_value());
    CHECK(stage.failed->find("line 489\n") == std::string::npos);
    CHECK(stage.failed->find("it said:\nline 490\n") != std::string::npos);
    CHECK(stage.failed->ends_with("line 499"));
}
