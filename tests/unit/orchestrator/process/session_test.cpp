#include "orchestrator/process/session.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/process/member_log.hpp"
#include "server/common/time.hpp"
#include "server/io/file_descriptor.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytractl::process;
using elytra::nanoseconds_per_millisecond;
using elytra::nanoseconds_per_second;
using elytra::test::FakeServer;
using elytra::test::TempDirectory;
using elytractl::run::Completion;
using elytractl::run::Event;
using elytractl::run::ExitReason;
using elytractl::run::MeasurementOutcome;
using elytractl::run::Phase;
namespace run = elytractl::run;
namespace spec = elytractl::spec;
namespace io = elytra::io;

namespace {

constexpr const char* format_well = "for file; do :; done; printf 12345 > \"$file\"";
constexpr const char* serve = "echo $port; exec 1>&-; cat >/dev/null";

// What answers on the port that a script reports, on a thread of its own.
class Cluster {
public:
    Cluster() : server_(loop_), work_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}

    ~Cluster() {
        loop_.stop();
        thread_.join();
    }

    std::uint16_t port() const { return server_.address().port; }

private:
    io::asio::io_context loop_;
    FakeServer server_;
    io::asio::executor_work_guard<io::asio::io_context::executor_type> work_;
    std::thread thread_;
};

// A run folder, a directory for data files, a shell script in the place of the server.
struct Stage {
    Stage(const std::string& format, const std::string& start) {
        std::filesystem::create_directories(directory.path("run/logs"));
        std::filesystem::create_directory(directory.path("data"));
        std::ofstream script(directory.path("server"));
        script << "#!/bin/sh\nport=" << cluster.port() << "\ncase \"$1\" in\nformat)\n"
               << format << "\n;;\nstart)\n"
               << start << "\n;;\nesac\n";
        script.close();
        std::filesystem::permissions(directory.path("server"), std::filesystem::perms::owner_all);
    }

    MeasurementPlan plan() const {
        MeasurementPlan plan;
        plan.name = "brisk-otter";
        plan.executable = directory.path("server");
        plan.cluster.directory = directory.path("data");
        plan.cluster.ready_timeout_nanoseconds = 20 * nanoseconds_per_second;
        plan.cluster.stop_timeout_nanoseconds = 20 * nanoseconds_per_second;
        plan.traffic.workload.account_count = 10;
        plan.traffic.batch_max = 10;
        plan.traffic.interval_nanoseconds = 20 * nanoseconds_per_millisecond;
        plan.traffic.audit = false;
        plan.measure.warmup.until_steady = false;
        plan.measure.warmup.minimum_nanoseconds = 50 * nanoseconds_per_millisecond;
        plan.measure.duration_nanoseconds = 100 * nanoseconds_per_millisecond;
        plan.data_file_bytes = 1;
        return plan;
    }

    std::string data(const std::string& name) const { return directory.path("data/" + name); }

    std::string ledger_path() const { return directory.path("run/owned.jsonl"); }

    MeasurementOutcome run(const MeasurementPlan& plan, const StepSequence& steps = {}) {
        auto ledger = OwnershipLedger::open(ledger_path());
        REQUIRE(ledger.has_value());
        Session session({.run_folder = directory.path("run"),
                         .observer = [this](const Event& event) { on_event(event); }},
                        *ledger);
        auto outcome = session.measure(
            plan, [](auto) { return true; }, steps);
        if (!outcome.has_value()) refusal = outcome.error();
        REQUIRE(outcome.has_value());
        return std::move(*outcome);
    }

    MeasurementOutcome run() { return run(plan()); }

    void on_event(const Event& event) {
        if (const auto* phase = std::get_if<run::PhaseEntered>(&event.what)) {
            phases += fmt::format("{} ", to_text(phase->phase));
        }
        if (hook) hook(event);
    }

    std::string log() const {
        std::ifstream file(directory.path("run/logs/m0-r0.log"));
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TempDirectory directory;
    Cluster cluster;
    std::string phases;
    std::optional<Refusal> refusal;
    std::function<void(const Event&)> hook;
};

// A hook that interrupts us whenever the phase is entered.
std::function<void(const Event&)> interrupt_at(Phase wanted, int times) {
    return [=](const Event& event) {
        const auto* phase = std::get_if<run::PhaseEntered>(&event.what);
        if (phase == nullptr || phase->phase != wanted) return;
        for (int count = 0; count < times; ++count) std::raise(SIGINT);
    };
}

// The drain may be over before the loop hears of the signal; then all was measured.
bool ended_by_interrupt(const MeasurementOutcome& outcome, Phase phase) {
    return outcome.completion == Completion::interrupted ||
           (phase == Phase::drain && outcome.completion == Completion::complete);
}

// Runs in a child of the test until it is killed; tells the pid of the server once it is loaded.
[[noreturn]] void run_until_killed(Stage& stage, int told) {
    std::int64_t pid = 0;
    stage.hook = [&](const Event& event) {
        if (const auto* started = std::get_if<run::MemberStarted>(&event.what)) pid = started->pid;
        const auto* phase = std::get_if<run::PhaseEntered>(&event.what);
        if (phase == nullptr || phase->phase != Phase::measurement) return;
        if (write(told, &pid, sizeof pid) != sizeof pid) _exit(1);
    };
    MeasurementPlan plan = stage.plan();
    plan.measure.duration_nanoseconds = 600 * nanoseconds_per_second;
    stage.run(plan);
    _exit(0);
}

bool no_children() { return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

}  // namespace

TEST_CASE("a measurement runs from format to stop and leaves nothing but its log") {
    Stage stage(format_well, fmt::format("echo hello >&2; {}", serve));
    const MeasurementOutcome outcome = stage.run();
    CAPTURE(outcome.errors);
    CHECK(outcome.completion == Completion::complete);
    CHECK(stage.phases == "formatting starting setup warm-up measurement drain stopping ended ");
    REQUIRE(outcome.traffic.has_value());
    CHECK(outcome.traffic->measurement.accepted > 0);
    CHECK(outcome.errors.empty());
    CHECK(outcome.left_behind.empty());
    CHECK_FALSE(outcome.host.empty());
    for (const run::ForeignLoad* load :
         {&outcome.foreign_before, &outcome.foreign_during, &outcome.foreign_after}) {
        CHECK(load->nanoseconds > 0);
        for (const run::ForeignProcess& other : load->processes) CHECK(other.pid != getpid());
    }

    REQUIRE(outcome.members.size() == 1);
    const run::MemberOutcome& member = outcome.members[0];
    CHECK(member.name == "r0");
    CHECK(member.address == fmt::format("127.0.0.1:{}", stage.cluster.port()));
    CHECK(member.reason == ExitReason::stopped);
    CHECK(member.file_empty.apparent == 5);
    CHECK(member.file_final.apparent == 5);
    CHECK(member.ready_nanoseconds > 0);
    CHECK(member.format_nanoseconds > 0);
    CHECK(member.samples.size() > 1);
    CHECK(member.samples.back().rss_bytes > 0);
    CHECK(member.command[1] == "start");
    CHECK(stage.log() == "hello\n");
    CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
    CHECK(no_children());
}

TEST_CASE("what is not observed has samples of its begin and end alone, and no events between") {
    Stage stage(format_well, serve);
    MeasurementPlan plan = stage.plan();
    plan.measure.observe = false;
    bool interval_told = false;
    stage.hook = [&](const Event& event) {
        interval_told = interval_told || std::holds_alternative<run::IntervalPassed>(event.what);
    };
    const MeasurementOutcome outcome = stage.run(plan);
    CHECK(outcome.completion == Completion::complete);
    CHECK_FALSE(interval_told);
    CHECK(outcome.members[0].samples.size() == 2);
    CHECK(outcome.host.size() == 1);
    REQUIRE(outcome.traffic.has_value());
    CHECK(outcome.traffic->intervals.size() > 2);
}

TEST_CASE("steps are served by one cluster one after another, each told when it has ended") {
    Stage stage(format_well, serve);
    MeasurementPlan plan = stage.plan();
    const auto arrival_of = [](std::uint64_t rate) {
        return elytra::bench::ArrivalOptions{.model = elytra::bench::ArrivalModel::open,
                                             .stretches = {{rate, rate, nanoseconds_per_second}}};
    };
    plan.index = 1;
    plan.total = 4;
    plan.rate = 2000;
    plan.traffic.arrival = arrival_of(2000);
    std::vector<MeasurementOutcome> ended;
    std::vector<std::uint32_t> announced;
    std::uint64_t counted = 0;
    std::uint32_t begun = 1;
    const StepSequence steps{
        .next = [&](const elytra::bench::TrafficCounts& counts) -> std::optional<StepPlan> {
            counted += counts.offered;
            if (begun == 3) return std::nullopt;
            ++begun;
            return StepPlan{.index = begun, .rate = 1000.0 * begun, .arrival = arrival_of(500)};
        },
        .on_step = [&](const MeasurementOutcome& outcome) { ended.push_back(outcome); }};
    stage.hook = [&](const Event& event) {
        const auto* one = std::get_if<run::MeasurementAnnounced>(&event.what);
        if (one != nullptr) announced.push_back(one->index);
    };
    const MeasurementOutcome last = stage.run(plan, steps);
    CAPTURE(last.errors);
    CHECK(stage.phases ==
          "formatting starting setup warm-up measurement warm-up measurement warm-up measurement "
          "drain stopping ended ");
    CHECK(announced == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(counted > 0);
    REQUIRE(ended.size() == 2);
    for (std::uint32_t index = 0; index < 2; ++index) {
        const MeasurementOutcome& step = ended[index];
        CHECK(step.index == index + 1);
        CHECK(step.rate == 2000);  // of the first, and of the second as well
        CHECK(step.completion == Completion::complete);
        REQUIRE(step.traffic.has_value());
        CHECK(step.traffic->followed);
        CHECK(step.traffic->measurement.accepted > 0);
        REQUIRE(step.members.size() == 1);
        CHECK_FALSE(step.members[0].reason.has_value());
        CHECK_FALSE(step.members[0].samples.empty());
    }
    CHECK(last.index == 3);
    CHECK(last.rate == 3000);
    CHECK(last.completion == Completion::complete);
    CHECK(last.members[0].reason == ExitReason::stopped);
    // On the clock of the step: the three together are longer.
    CHECK(last.members[0].samples.front().at_nanoseconds <
          ended[0].traffic->warm_up_nanoseconds + ended[0].traffic->measurement_nanoseconds);
    CHECK(last.traffic->intervals.front().start_nanoseconds == 0);
    CHECK(no_children());
}

TEST_CASE("data files that shall be kept stay, and later measurements join them") {
    Stage stage(format_well, serve);
    MeasurementPlan plan = stage.plan();
    plan.cluster.lifetime = spec::Lifetime::keep;
    auto ledger = OwnershipLedger::open(stage.ledger_path());
    REQUIRE(ledger.has_value());
    Session session({.run_folder = stage.directory.path("run"), .observer = {}}, *ledger);
    for (plan.index = 0; plan.index < 2; ++plan.index) {
        const auto outcome = session.measure(plan, [](auto) { return true; });
        REQUIRE(outcome.has_value());
        CHECK(outcome->members[0].reason == ExitReason::stopped);
    }
    CHECK(std::filesystem::file_size(stage.data("brisk-otter/m0-r0.elytra")) == 5);
    CHECK(std::filesystem::file_size(stage.data("brisk-otter/m1-r0.elytra")) == 5);
    const auto cleanup = clean_leftovers(stage.directory.path("run"));
    REQUIRE(cleanup.has_value());
    CHECK(cleanup->removed.empty());
    CHECK(std::filesystem::exists(stage.data("brisk-otter/m0-r0.elytra")));
}

TEST_CASE("servers that misbehave are ended in time, and their reason is named") {
    struct Row {
        const char* format;
        const char* start;
        Completion completion;
        ExitReason reason;
        const char* text;  // part of the errors
    };

    const Row rows[] = {
        {format_well, "cat >/dev/null", Completion::timed_out, ExitReason::never_ready,
         "the cluster served no request in time"},
        {format_well, "echo 1; exec 1>&-; cat >/dev/null", Completion::timed_out,
         ExitReason::never_ready, "127.0.0.1:1: not connected (Connection refused)"},
        {format_well, "echo hello; exec 1>&-; cat >/dev/null", Completion::member_failed,
         ExitReason::never_ready, "r0 wrote \"hello\\n\" instead of its port"},
        {format_well, "head -c 200 /dev/zero; exec 1>&-; cat >/dev/null", Completion::member_failed,
         ExitReason::never_ready, "instead of its port"},
        {format_well, "echo 'error: no memory' >&2; exit 1", Completion::member_failed,
         ExitReason::exited, "r0 exited with status 1; it said:\nerror: no memory"},
        {format_well, "echo 'bind: Address already in use' >&2; exit 1", Completion::member_failed,
         ExitReason::port_taken, "its port is taken"},
        {format_well, "echo 'write: No space left on device' >&2; exit 1",
         Completion::member_failed, ExitReason::disk_full, "its disk is full"},
        {format_well, "kill -SEGV $$", Completion::member_failed, ExitReason::signalled,
         "was killed by signal 11"},
        {"echo 'no room' >&2; exit 2", "exit 0", Completion::member_failed, ExitReason::exited,
         "format of r0 exited with status 2; it said:\nno room"},
        {"exit 0", "exit 0", Completion::member_failed, ExitReason::stopped,
         "format of r0 ended well but left no data file"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.start);
        CAPTURE(row.text);
        Stage stage(row.format, row.start);
        MeasurementPlan plan = stage.plan();
        plan.cluster.ready_timeout_nanoseconds = row.completion == Completion::timed_out
                                                     ? 300 * nanoseconds_per_millisecond
                                                     : 20 * nanoseconds_per_second;
        const MeasurementOutcome outcome = stage.run(plan);
        CHECK(outcome.completion == row.completion);
        REQUIRE(outcome.members.size() == 1);
        if (row.reason != ExitReason::stopped) CHECK(outcome.members[0].reason == row.reason);
        CAPTURE(outcome.errors);
        CHECK(std::ranges::any_of(outcome.errors, [&](const std::string& error) {
            return error.find(row.text) != std::string::npos;
        }));
        CHECK(outcome.left_behind.empty());
        CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
        CHECK(no_children());
    }
}

TEST_CASE("a server of our own that ends with status 2 had a full disk") {
    Stage stage(format_well, "exit 2");
    MeasurementPlan plan = stage.plan();
    plan.elytra = true;
    CHECK(stage.run(plan).members[0].reason == ExitReason::disk_full);
}

TEST_CASE("a program that cannot be run is a failure of its member") {
    Stage stage(format_well, serve);
    std::filesystem::remove(stage.directory.path("server"));
    const MeasurementOutcome outcome = stage.run();
    CHECK(outcome.completion == Completion::member_failed);
    REQUIRE_FALSE(outcome.errors.empty());
    CHECK(outcome.errors[0].ends_with("/server: No such file or directory"));
}

TEST_CASE("without a place for its log no member is started") {
    Stage stage(format_well, serve);
    std::filesystem::remove(stage.directory.path("run/logs"));
    const MeasurementOutcome outcome = stage.run();
    CHECK(outcome.completion == Completion::member_failed);
    CHECK(outcome.errors ==
          std::vector<std::string>{"cannot prepare r0: No such file or directory"});
    CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
}

TEST_CASE("a server that floods its log is measured all the same") {
    Stage stage(format_well, "yes >&2 & echo $port; exec 1>&-; cat >/dev/null; kill $!; exit 0");
    const MeasurementOutcome outcome = stage.run();
    CHECK(outcome.completion == Completion::complete);
    CHECK(std::filesystem::file_size(stage.directory.path("run/logs/m0-r0.log")) <=
          log_size_max + 100);
}

TEST_CASE("a server that dies under load ends the measurement, and what was counted is kept") {
    Stage stage(format_well, "echo $port; exec 1>&-; read line; exit 7");
    // The script ends when it is sent a line; nobody sends one, so its process is killed instead.
    std::int64_t pid = 0;
    stage.hook = [&](const Event& event) {
        if (const auto* started = std::get_if<run::MemberStarted>(&event.what)) pid = started->pid;
        const auto* interval = std::get_if<run::IntervalPassed>(&event.what);
        if (interval == nullptr || interval->phase != elytra::bench::TrafficPhase::measurement) {
            return;
        }
        kill(static_cast<pid_t>(pid), SIGKILL);
    };
    MeasurementPlan plan = stage.plan();
    plan.measure.duration_nanoseconds = 60 * nanoseconds_per_second;
    const MeasurementOutcome outcome = stage.run(plan);
    CHECK(outcome.completion == Completion::member_failed);
    CHECK(outcome.members[0].reason == ExitReason::signalled);
    REQUIRE(outcome.traffic.has_value());
    CHECK(outcome.traffic->measurement.accepted > 0);
    CHECK(outcome.left_behind.empty());
    CHECK(no_children());
}

TEST_CASE("a server that does not end when told to is terminated, and killed if it must be") {
    struct Row {
        const char* start;
        ExitReason reason;
    };

    const Row rows[] = {
        // Ignores the end of its input, but not SIGTERM.
        {"echo $port; exec 1>&-; cat >/dev/null; exec sleep 1000", ExitReason::stopped},
        {"echo $port; exec 1>&-; cat >/dev/null; exit 3", ExitReason::exited},
    };
    for (const Row& row : rows) {
        CAPTURE(row.start);
        Stage stage(format_well, row.start);
        MeasurementPlan plan = stage.plan();
        plan.cluster.stop_timeout_nanoseconds = 300 * nanoseconds_per_millisecond;
        const MeasurementOutcome outcome = stage.run(plan);
        CHECK(outcome.completion == Completion::complete);
        CHECK(outcome.members[0].reason == row.reason);
        CHECK(no_children());
    }
}

TEST_CASE("the second interrupt kills a server that ignores SIGTERM") {
    Stage stage(format_well, "trap '' TERM; echo $port; exec 1>&-; cat >/dev/null; sleep 1000");
    stage.hook = interrupt_at(Phase::stopping, 2);
    const MeasurementOutcome outcome = stage.run();
    CHECK(outcome.completion == Completion::complete);
    CHECK(outcome.members[0].reason == ExitReason::killed_by_us);
    CHECK(no_children());
    CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
}

TEST_CASE("an interrupt ends a measurement gently wherever it stands") {
    for (const Phase phase : {Phase::formatting, Phase::starting, Phase::setup, Phase::warm_up,
                              Phase::measurement, Phase::drain}) {
        CAPTURE(to_text(phase));
        Stage stage(format_well, serve);
        stage.hook = interrupt_at(phase, 1);
        const MeasurementOutcome outcome = stage.run();
        CHECK(ended_by_interrupt(outcome, phase));
        CHECK(outcome.left_behind.empty());
        CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
        CHECK(no_children());
    }
}

TEST_CASE("two interrupts end a measurement at once wherever it stands") {
    for (const Phase phase : {Phase::formatting, Phase::starting, Phase::setup, Phase::warm_up,
                              Phase::measurement, Phase::drain}) {
        CAPTURE(to_text(phase));
        Stage stage(format_well, serve);
        stage.hook = interrupt_at(phase, 2);
        const MeasurementOutcome outcome = stage.run();
        CHECK(ended_by_interrupt(outcome, phase));
        CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
        CHECK(no_children());
    }
}

TEST_CASE("an interrupt between two measurements is not lost") {
    Stage stage(format_well, serve);
    auto ledger = OwnershipLedger::open(stage.ledger_path());
    REQUIRE(ledger.has_value());
    Session session({.run_folder = stage.directory.path("run"), .observer = {}}, *ledger);
    CHECK_FALSE(session.interrupted());
    std::raise(SIGINT);
    CHECK(session.interrupted());
    const auto outcome = session.measure(stage.plan(), [](auto) { return true; });
    REQUIRE(outcome.has_value());
    CHECK(outcome->completion == Completion::interrupted);
    CHECK(outcome->members[0].command.empty());
    CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
}

TEST_CASE("where we are killed, the server goes with us and the next one finds our files") {
    Stage stage(format_well, serve);
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    const pid_t orchestrator = fork();
    if (orchestrator == 0) run_until_killed(stage, ends[1]);
    REQUIRE(orchestrator > 0);
    std::int64_t server = 0;
    REQUIRE(read(ends[0], &server, sizeof server) == sizeof server);
    close(ends[0]);
    close(ends[1]);
    const io::FileDescriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, server, 0)));
    REQUIRE(pidfd.is_open());
    CHECK(std::filesystem::exists(stage.data("brisk-otter/m0-r0.elytra")));
    CHECK(kill(orchestrator, SIGKILL) == 0);
    CHECK(waitpid(orchestrator, nullptr, 0) == orchestrator);
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    constexpr int patience_milliseconds = 20'000;
    CHECK(poll(&ended, 1, patience_milliseconds) == 1);

    const auto cleanup = clean_leftovers(stage.directory.path("run"));
    REQUIRE(cleanup.has_value());
    CHECK(cleanup->removed.size() == 2);
    CHECK(cleanup->left.empty());
    CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter")));
}

TEST_CASE("a folder of others is refused before anything exists") {
    Stage stage(format_well, serve);
    std::filesystem::create_directory(stage.data("brisk-otter"));
    auto ledger = OwnershipLedger::open(stage.ledger_path());
    REQUIRE(ledger.has_value());
    Session session({.run_folder = stage.directory.path("run"), .observer = {}}, *ledger);
    MeasurementPlan plan = stage.plan();
    auto outcome = session.measure(plan, [](auto) { return true; });
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().kind == Refusal::Kind::not_ours);

    plan.cluster.directory = stage.data("missing");
    outcome = session.measure(plan, [](auto) { return true; });
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().kind == Refusal::Kind::host);

    plan = stage.plan();
    plan.data_file_bytes = std::uint64_t{1} << 60;
    outcome = session.measure(plan, [](auto) { return true; });
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().text.find("free") != std::string::npos);
    CHECK(std::filesystem::is_empty(stage.data("brisk-otter")));
}

TEST_CASE("what others put beside our data files stays and is reported") {
    Stage stage(format_well, fmt::format("touch \"$(dirname $3)/stranger\"; {}", serve));
    const MeasurementOutcome outcome = stage.run();
    CHECK(outcome.completion == Completion::complete);
    REQUIRE(outcome.left_behind.size() == 1);
    CHECK(outcome.left_behind[0].ends_with(
        "brisk-otter: the directory holds files that this run did not create"));
    CHECK(std::filesystem::exists(stage.data("brisk-otter/stranger")));
    CHECK_FALSE(std::filesystem::exists(stage.data("brisk-otter/m0-r0.elytra")));
}

TEST_CASE("checkpoints in the log of a server of our own become marks") {
    Stage stage(format_well,
                "echo $port; exec 1>&-; "
                "while :; do echo '[debug] checkpoint done at op 5, 1 bytes in use' >&2; "
                "sleep 0.02; done & cat >/dev/null; kill $!; exit 0");
    MeasurementPlan plan = stage.plan();
    plan.elytra = true;
    plan.measure.cover_checkpoints = 3;
    plan.measure.duration_nanoseconds = nanoseconds_per_millisecond;
    const MeasurementOutcome outcome = stage.run(plan);
    CAPTURE(outcome.errors);
    CHECK(outcome.completion == Completion::complete);
    CHECK(outcome.marks.size() >= 3);
    CHECK(outcome.marks[0].kind == "checkpoint");
    CHECK(outcome.marks[0].member == "r0");
}
