#include "orchestrator/process/load_drivers.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/process/process_readings.hpp"
#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytractl::process;
using elytra::bench::DriverPipes;
using elytra::test::run_until;
using elytra::test::TempDirectory;
using elytractl::run::DriverOutcome;
namespace io = elytra::io;

namespace {

struct Scene {
    explicit Scene(std::string command, std::uint32_t count = 1)
        : drivers(loop,
                  {.command = std::move(command),
                   .count = count,
                   .addresses = {io::loopback(3001), io::loopback(3002)},
                   .cluster = elytra::ClusterId{7},
                   .log_prefix = directory.path("m0-")},
                  [this] { ended = true; }) {
        auto started = drivers.start();
        REQUIRE(started.has_value());
        pipes = std::move(*started);
    }

    // What a driver has written by the end of its output.
    std::string read_all(std::size_t driver) const {
        std::string text;
        char byte = 0;
        while (read(pipes[driver].input.get(), &byte, 1) == 1) text.push_back(byte);
        return text;
    }

    void write_all(std::size_t driver, const std::string& text) const {
        REQUIRE(write(pipes[driver].output.get(), text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
    }

    void stop() {
        pipes.clear();
        drivers.stop();
        run_until(loop, [this] { return ended; });
    }

    std::string log(const std::string& name) const {
        std::ifstream file(directory.path("m0-" + name + ".log"));
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TempDirectory directory;
    io::asio::io_context loop;
    bool ended = false;
    LoadDrivers drivers;
    std::vector<DriverPipes> pipes;
};

bool no_children() { return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

const std::vector<std::string> failed{"the load failed"};

}  // namespace

TEST_CASE("each driver gets its session, the cluster and pipes, and its log is kept") {
    Scene scene(
        "sh -c 'echo $ELYTRA_ADDRESSES $ELYTRA_CLUSTER $ELYTRA_SESSION; exec >&-; "
        "echo log $ELYTRA_SESSION >&2; cat >/dev/null'",
        2);
    REQUIRE(scene.pipes.size() == 2);
    CHECK(scene.pipes[1].name == "driver d1");
    CHECK(scene.read_all(0) == "127.0.0.1:3001,127.0.0.1:3002 7 0\n");
    CHECK(scene.read_all(1) == "127.0.0.1:3001,127.0.0.1:3002 7 1\n");
    CHECK_FALSE(scene.drivers.ended());
    scene.stop();
    CHECK(scene.drivers.troubles({}).empty());
    CHECK(scene.log("d0") == "log 0\n");
    CHECK(scene.log("d1") == "log 1\n");
    const std::vector<DriverOutcome> outcomes = scene.drivers.take_outcomes();
    REQUIRE(outcomes.size() == 2);
    CHECK(outcomes[1].name == "d1");
    CHECK(outcomes[1].pid > 0);
    CHECK(outcomes[1].environment ==
          std::vector<std::string>{"ELYTRA_ADDRESSES=127.0.0.1:3001,127.0.0.1:3002",
                                   "ELYTRA_CLUSTER=7", "ELYTRA_SESSION=1"});
    REQUIRE(outcomes[1].exit.has_value());
    CHECK(outcomes[1].exit->exit_code == 0);
    CHECK(outcomes[1].exit->usage.max_rss_bytes > 0);
    CHECK(no_children());
}

TEST_CASE("a driver that ends badly is named with its status and its last words") {
    struct Row {
        const char* command;
        const char* expected;
    };

    const Row rows[] = {
        {"/no/such/driver", "exited with status 127"},
        {"sh -c 'echo the library is too old >&2; exit 3'",
         "exited with status 3; it said:\nthe library is too old"},
        {"sh -c 'kill -SEGV $$'", "was killed by signal 11"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.command);
        Scene scene(row.command);
        scene.stop();
        for (const std::vector<std::string>& errors : {std::vector<std::string>(), failed}) {
            const std::vector<std::string> troubles = scene.drivers.troubles(errors);
            REQUIRE(troubles.size() == 1);
            CAPTURE(troubles.front());
            CHECK(troubles.front().starts_with("driver d0 (process "));
            CHECK(troubles.front().find(row.expected) != std::string::npos);
        }
    }
}

TEST_CASE("after a load that failed, the end of a driver is told although it was a good one") {
    Scene quiet("true");
    quiet.stop();
    CHECK(quiet.drivers.troubles({}).empty());
    REQUIRE(quiet.drivers.troubles(failed).size() == 1);
    CHECK(quiet.drivers.troubles(failed).front().ends_with("exited with status 0"));
    Scene several("sh -c 'echo bye >&2'", 3);
    several.stop();
    CHECK(several.drivers.troubles({}).empty());
    const std::vector<std::string> troubles = several.drivers.troubles(failed);
    REQUIRE(troubles.size() == 2);
    CHECK(troubles[0].ends_with("exited with status 0; it said:\nbye"));
    CHECK(troubles[1].starts_with("2 more drivers failed or had something to say: "));
    const std::vector<std::string> blamed{"driver d1: its output ended before its hello"};
    CHECK(several.drivers.troubles(blamed).front().starts_with("driver d1 (process "));
}

TEST_CASE("a driver that ignores the end of its input is killed, and so is its group") {
    Scene scene("sh -c 'sleep 600 >&- 2>&- & echo $!; exec >&-; wait'");
    const pid_t child = elytra::narrow<pid_t>(std::stoi(scene.read_all(0)));
    const io::FileDescriptor pidfd(elytra::narrow<int>(syscall(SYS_pidfd_open, child, 0)));
    REQUIRE(pidfd.is_open());
    scene.stop();
    const std::vector<std::string> troubles = scene.drivers.troubles({});
    REQUIRE(troubles.size() == 1);
    CHECK(troubles.front().find("did not end within 5 s of the end of its input and was killed") !=
          std::string::npos);
    CHECK(no_children());
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    constexpr int patience_milliseconds = 20'000;
    CHECK(poll(&ended, 1, patience_milliseconds) == 1);
}

TEST_CASE("drivers that are killed report nothing, and none is left") {
    Scene scene("sleep 600", 3);
    scene.drivers.kill();
    run_until(scene.loop, [&] { return scene.drivers.ended(); });
    scene.loop.poll();
    CHECK_FALSE(scene.ended);
    for (const DriverOutcome& outcome : scene.drivers.take_outcomes()) {
        REQUIRE(outcome.exit.has_value());
        CHECK(outcome.exit->signal == SIGKILL);
    }
    CHECK(no_children());
}

TEST_CASE("drivers whose owner is destroyed do not outlive it") {
    { const Scene scene("sleep 600", 2); }
    CHECK(no_children());
}

TEST_CASE("the processors that a driver uses while measured are counted") {
    Scene busy("sh -c 'echo $$; exec >&-; read line; while :; do :; done'");
    Scene idle("cat");
    for (Scene* scene : {&busy, &idle}) scene->drivers.begin_measurement();
    const pid_t pid = elytra::narrow<pid_t>(std::stoi(busy.read_all(0)));
    busy.write_all(0, "go\n");
    // Until the busy one has used the smallest unit that the kernel counts in, and some more.
    for (std::uint64_t used = 0; used < 100'000;) {
        const auto sample = read_process(pid);
        REQUIRE(sample.has_value());
        used = sample->cpu_user_microseconds + sample->cpu_system_microseconds;
    }
    for (Scene* scene : {&busy, &idle}) {
        scene->drivers.end_measurement();
        scene->drivers.kill();
        run_until(scene->loop, [&] { return scene->drivers.ended(); });
    }
    const DriverOutcome loud = busy.drivers.take_outcomes().front();
    const DriverOutcome quiet = idle.drivers.take_outcomes().front();
    REQUIRE(loud.busy.has_value());
    REQUIRE(quiet.busy.has_value());
    CHECK(*loud.busy > *quiet.busy);
    CHECK(*loud.busy < 1.5);
}
