#include "orchestrator/process/session.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "orchestrator/process/course.hpp"
#include "orchestrator/quantities/quantity.hpp"
#include "server/common/int.hpp"
#include "server/io/clock.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::process {
namespace {

using elytra::Result;
using elytra::Unexpected;

// A load that fills a file system to the brim disturbs whoever else uses it.
constexpr std::uint64_t free_share_divisor = 20;

struct Space {
    std::uint64_t free = 0;
    std::uint64_t total = 0;
};

std::optional<Space> space_of(const std::string& directory) {
    struct statvfs status {};

    if (statvfs(directory.c_str(), &status) != 0) return std::nullopt;
    const auto unit = elytra::narrow<std::uint64_t>(status.f_frsize);
    return Space{.free = status.f_bavail * unit, .total = status.f_blocks * unit};
}

}  // namespace

Session::Session(SessionOptions options, OwnershipLedger& ledger)
    : options_(std::move(options)),
      ledger_(ledger),
      begin_(elytra::io::monotonic_now()),
      signals_(loop_, [this](std::uint32_t count) { on_signal(count); }) {}

void Session::on_signal(std::uint32_t count) {
    interrupts_ = count;
    tell(run::InterruptSeen{.count = count});
    if (on_interrupt_) on_interrupt_();
}

bool Session::interrupted() {
    loop_.restart();
    loop_.poll();
    return interrupts_ > 0;
}

void Session::tell(run::Happening what) {
    if (!options_.observer) return;
    const std::uint64_t now = elytra::io::monotonic_now().nanoseconds;
    options_.observer({.at_nanoseconds = now - begin_.nanoseconds, .what = std::move(what)});
}

Result<run::MeasurementOutcome, Refusal> Session::measure(const MeasurementPlan& plan,
                                                          const run::SteadyTest& steady_test,
                                                          const StepSequence& steps) {
    tell(announcement(plan));
    if (auto refusal = make_room(plan); refusal.has_value()) return Unexpected(*refusal);
    Course course(CourseContext{.loop = loop_,
                                .ledger = ledger_,
                                .plan = plan,
                                .steps = steps,
                                .log_folder = options_.run_folder + "/logs",
                                .tell = [this](run::Happening what) { tell(std::move(what)); }},
                  steady_test);
    if (interrupted()) course.on_interrupt();
    on_interrupt_ = [&course] { course.on_interrupt(); };
    run::MeasurementOutcome outcome = course.run();
    on_interrupt_ = nullptr;
    tell(run::MeasurementEnded{
        .index = outcome.index, .completion = outcome.completion, .steady = outcome.steady});
    return outcome;
}

std::optional<Refusal> Session::make_room(const MeasurementPlan& plan) {
    const std::string& directory = plan.cluster.directory;
    const std::optional<Space> space = space_of(directory);
    const auto refuse = [](Refusal::Kind kind, std::string text) {
        return Refusal{.kind = kind, .text = std::move(text)};
    };
    if (!space.has_value()) {
        return refuse(Refusal::Kind::host, fmt::format("cannot use the directory {}: {}", directory,
                                                       elytra::io::error_text(errno)));
    }
    const std::uint64_t needed = announcement(plan).data_bytes + space->total / free_share_divisor;
    if (space->free < needed) {
        return refuse(Refusal::Kind::host,
                      fmt::format("{} has {} free; {} data files and a twentieth of the file "
                                  "system need {}",
                                  directory, quantities::bytes_text(space->free),
                                  plan.cluster.replicas, quantities::bytes_text(needed)));
    }
    const std::string folder = data_folder(plan);
    if (ledger_.owns_directory(folder)) return std::nullopt;
    const Lifetime lifetime =
        plan.cluster.lifetime == spec::Lifetime::keep ? Lifetime::kept : Lifetime::until_removed;
    const auto made = ledger_.make_directory(folder, lifetime);
    if (made.has_value()) return std::nullopt;
    if (made.error() == EEXIST) {
        return refuse(Refusal::Kind::not_ours,
                      fmt::format("{} is there already and this run did not create it; choose "
                                  "another name or remove it",
                                  folder));
    }
    return refuse(Refusal::Kind::host, fmt::format("cannot create {}: {}", folder,
                                                   elytra::io::error_text(made.error())));
}

}  // namespace elytractl::process
