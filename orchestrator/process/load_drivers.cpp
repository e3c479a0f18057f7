#include "orchestrator/process/load_drivers.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/process/member_log.hpp"
#include "orchestrator/process/process_readings.hpp"
#include "server/common/assert.hpp"
#include "server/common/text.hpp"
#include "server/io/child.hpp"
#include "server/io/clock.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::process {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::bench::DriverPipes;
using elytra::io::ChildStream;

// Between the end of its input and SIGKILL.
constexpr std::chrono::seconds stop_patience(5);
// A process that a device holds may survive SIGKILL for a while.
constexpr std::chrono::seconds kill_patience(10);
// A descendant in a group of its own may keep the log of a driver that has ended.
constexpr std::chrono::seconds log_patience(1);
constexpr std::chrono::milliseconds destruction_grace(0);

std::optional<std::uint64_t> cpu_microseconds(std::int64_t pid) {
    if (pid <= 0) return std::nullopt;
    const auto sample = read_process(elytra::narrow<pid_t>(pid));
    if (!sample.has_value()) return std::nullopt;
    return sample->cpu_user_microseconds + sample->cpu_system_microseconds;
}

}  // namespace

struct LoadDrivers::Driver {
    explicit Driver(elytra::io::asio::io_context& loop)
        : log(MemberLog::OnLine()), log_patience(loop), child(loop) {}

    // Whether it did what it was told.
    bool ended_well() const {
        return outcome.exit.has_value() && outcome.exit->exit_code == 0 && !killed;
    }

    std::string sentence() const {
        const std::string name = fmt::format("driver {} (process {})", outcome.name, outcome.pid);
        std::string text =
            !outcome.exit.has_value() ? name + " did not even end by SIGKILL"
            : killed ? fmt::format("{} did not end within {} s of the end of its input and {}",
                                   name, stop_patience.count(), to_text(*outcome.exit))
                     : fmt::format("{} {}", name, to_text(*outcome.exit));
        const std::string words = log.tail();
        if (!words.empty()) text += fmt::format("; it said:\n{}", words);
        return text;
    }

    run::DriverOutcome outcome;
    MemberLog log;
    elytra::io::Timer log_patience;
    bool killed = false;  // by us: it did not end when told to
    bool log_ended = false;
    bool complete = false;                   // ended, and all it said is here
    std::optional<std::uint64_t> cpu_begin;  // of the measurement
    elytra::io::Child child;
};

LoadDrivers::LoadDrivers(elytra::io::asio::io_context& loop, LoadDriversOptions options,
                         std::function<void()> on_ended)
    : loop_(loop), options_(std::move(options)), on_ended_(std::move(on_ended)), patience_(loop) {}

LoadDrivers::~LoadDrivers() = default;

Result<std::vector<DriverPipes>, std::string> LoadDrivers::start() {
    ELYTRA_ASSERT(drivers_.empty());
    std::vector<DriverPipes> pipes;
    for (std::uint32_t index = 0; index < options_.count; ++index) {
        auto started = start(index);
        if (!started.has_value()) return Unexpected(started.error());
        pipes.push_back(std::move(*started));
    }
    return pipes;
}

Result<DriverPipes, std::string> LoadDrivers::start(std::uint32_t index) {
    auto driver = std::make_unique<Driver>(loop_);
    run::DriverOutcome& outcome = driver->outcome;
    outcome.name = fmt::format("d{}", index);
    outcome.command = options_.command;
    outcome.environment = environment(index);
    outcome.log_path = fmt::format("{}{}.log", options_.log_prefix, outcome.name);
    auto prepared = driver->log.create(outcome.log_path);
    if (prepared.has_value()) {
        prepared = driver->child.spawn({.executable = "/bin/sh",
                                        .arguments = {"-c", "exec " + options_.command},
                                        .input = ChildStream::pipe,
                                        .output = ChildStream::pipe,
                                        .errors = ChildStream::pipe,
                                        .environment = outcome.environment,
                                        .grace = destruction_grace});
    }
    if (!prepared.has_value()) {
        return Unexpected(fmt::format("cannot start driver {}: {}", outcome.name,
                                      elytra::io::error_text(prepared.error())));
    }
    outcome.pid = driver->child.pid();
    Driver& one = *driver;
    one.child.follow_errors([this, &one](std::string_view chunk) {
        if (!chunk.empty()) return one.log.append(chunk);
        one.log_ended = true;
        on_complete(one);
    });
    one.child.wait([this, &one](const elytra::io::ChildExit& exit) { on_exit(one, exit); });
    drivers_.push_back(std::move(driver));
    return DriverPipes{.name = "driver " + one.outcome.name,
                       .input = one.child.take_output(),
                       .output = one.child.take_input()};
}

std::vector<std::string> LoadDrivers::environment(std::uint32_t index) const {
    std::string addresses;
    for (const elytra::io::Address& address : options_.addresses) {
        addresses += (addresses.empty() ? "" : ",") + elytra::io::to_text(address);
    }
    return {"ELYTRA_ADDRESSES=" + addresses,
            "ELYTRA_CLUSTER=" + elytra::to_decimal(options_.cluster.value),
            fmt::format("ELYTRA_SESSION={}", index)};
}

void LoadDrivers::on_exit(Driver& driver, const elytra::io::ChildExit& exit) {
    driver.outcome.exit = exit;
    driver.log_patience.start(log_patience, [this, &driver] {
        driver.log_ended = true;
        on_complete(driver);
    });
    on_complete(driver);
}

void LoadDrivers::on_complete(Driver& driver) {
    if (!driver.outcome.exit.has_value() || !driver.log_ended) return;
    driver.log_patience.cancel();
    driver.complete = true;
    if (told_to_end_) report_when_ended();
}

void LoadDrivers::begin_measurement() {
    measurement_begin_ = elytra::io::monotonic_now();
    for (const auto& driver : drivers_) driver->cpu_begin = cpu_microseconds(driver->child.pid());
}

void LoadDrivers::end_measurement() {
    const std::uint64_t nanoseconds =
        elytra::io::monotonic_now().nanoseconds - measurement_begin_.nanoseconds;
    for (const auto& driver : drivers_) {
        const std::optional<std::uint64_t> cpu_end = cpu_microseconds(driver->child.pid());
        if (!driver->cpu_begin || !cpu_end || nanoseconds == 0) continue;
        const std::uint64_t used =
            (*cpu_end - *driver->cpu_begin) * elytra::nanoseconds_per_microsecond;
        driver->outcome.busy = static_cast<double>(used) / static_cast<double>(nanoseconds);
    }
}

void LoadDrivers::stop() {
    if (told_to_end_) return;
    told_to_end_ = true;
    patience_.start(stop_patience, [this] { on_patience_over(); });
    report_when_ended();
}

void LoadDrivers::on_patience_over() {
    for (const auto& driver : drivers_) driver->killed = !driver->outcome.exit.has_value();
    kill_all();
}

void LoadDrivers::kill() {
    on_ended_ = nullptr;
    told_to_end_ = true;
    if (!ended()) kill_all();
}

void LoadDrivers::kill_all() {
    for (const auto& driver : drivers_) driver->child.signal(SIGKILL);
    patience_.start(kill_patience, [this] { give_up(); });
}

void LoadDrivers::give_up() {
    for (const auto& driver : drivers_) {
        if (driver->complete) continue;
        driver->outcome.left_behind = true;
        driver->child.abandon();
        driver->complete = true;
    }
    report_when_ended();
}

// From the loop, because the caller of stop() would not expect it.
void LoadDrivers::report_when_ended() {
    if (on_ended_ && ended()) patience_.start({}, [this] { on_ended_(); });
}

bool LoadDrivers::ended() const {
    return std::ranges::all_of(drivers_, [](const auto& driver) { return driver->complete; });
}

std::vector<std::string> LoadDrivers::troubles(std::span<const std::string> errors) const {
    const bool failed = !errors.empty();
    const auto is_blamed = [errors](const Driver* driver) {
        const std::string begin = fmt::format("driver {}:", driver->outcome.name);
        return std::ranges::any_of(errors, [&](const auto& one) { return one.starts_with(begin); });
    };
    std::vector<const Driver*> named;
    for (const auto& driver : drivers_) {
        const bool spoke = failed && !driver->log.tail().empty();
        if (!driver->ended_well() || spoke) named.push_back(driver.get());
    }
    // The others may have lost their pipes for it.
    std::ranges::stable_partition(named, is_blamed);
    // At least how the one ended that may have been the reason.
    if (named.empty() && failed && !drivers_.empty()) {
        named.push_back(drivers_.front().get());
    }
    if (named.empty()) return {};
    std::vector<std::string> texts{named.front()->sentence()};
    if (named.size() > 1) {
        texts.push_back(fmt::format("{} more drivers failed or had something to say: {}d*.log",
                                    named.size() - 1, options_.log_prefix));
    }
    return texts;
}

std::vector<run::DriverOutcome> LoadDrivers::take_outcomes() {
    std::vector<run::DriverOutcome> outcomes;
    for (const auto& driver : drivers_) outcomes.push_back(std::move(driver->outcome));
    return outcomes;
}

}  // namespace elytractl::process
