#include "orchestrator/run/runner.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/common/time.hpp"

namespace elytractl::run {
namespace {

// After a member has failed, for answers that are on their way.
constexpr std::uint64_t failed_drain_nanoseconds = 2 * elytra::nanoseconds_per_second;
// Between SIGTERM and SIGKILL.
constexpr std::uint64_t terminate_patience_nanoseconds = 5 * elytra::nanoseconds_per_second;
// A process that a device holds may survive SIGKILL for a while.
constexpr std::uint64_t kill_patience_nanoseconds = 10 * elytra::nanoseconds_per_second;

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

Runner::Runner(const RunnerOptions& options, SteadyTest steady_test, StepTest step_test)
    : options_(options),
      steady_test_(std::move(steady_test)),
      step_test_(std::move(step_test)),
      members_(options.members, MemberState::absent) {
    ELYTRA_ASSERT(options.members > 0);
    ELYTRA_ASSERT(options.members == 1 || options.addresses == AddressSource::fixed);
}

void Runner::start() {
    ELYTRA_ASSERT(phase_ == Phase::idle);
    enter(Phase::formatting, options_.format_timeout_nanoseconds);
    for (std::uint32_t member = 0; member < options_.members; ++member) {
        members_[member] = MemberState::formatting;
        emit(FormatMember{member});
    }
}

void Runner::on_formatted(std::uint32_t member, EndState end) {
    ELYTRA_ASSERT(members_[member] == MemberState::formatting);
    const bool usable = end == EndState::well && phase_ == Phase::formatting;
    members_[member] = usable ? MemberState::formatted : MemberState::gone;
    if (phase_ != Phase::formatting) return end_if_alone();
    if (end == EndState::badly) {
        fail(Completion::member_failed);
        return stop_members();
    }
    if (all(MemberState::formatted)) spawn_all();
}

void Runner::spawn_all() {
    enter(Phase::starting, options_.ready_timeout_nanoseconds);
    for (std::uint32_t member = 0; member < options_.members; ++member) {
        members_[member] = MemberState::running;
        emit(SpawnMember{member});
    }
    if (options_.addresses == AddressSource::fixed) emit(ProbeCluster{});
}

void Runner::on_port(std::uint32_t member) {
    ELYTRA_ASSERT(options_.addresses == AddressSource::port_protocol);
    if (phase_ != Phase::starting || members_[member] != MemberState::running) return;
    if (++ports_ == options_.members) emit(ProbeCluster{});
}

void Runner::on_unusable(std::uint32_t member) {
    if (phase_ != Phase::starting || members_[member] != MemberState::running) return;
    fail(Completion::member_failed);
    emit(KillMember{member, ExitReason::never_ready});
    stop_members();
}

void Runner::on_ready() {
    if (phase_ != Phase::starting) return;
    enter(Phase::setup, options_.setup_timeout_nanoseconds);
    traffic_exists_ = true;
    emit(StartTraffic{});
}

void Runner::on_traffic_ready() {
    if (phase_ != Phase::setup) return;
    enter(Phase::warm_up, options_.ramp_nanoseconds + warm_up_limit());
    emit(BeginWarmUp{});
}

std::uint64_t Runner::warm_up_limit() const {
    return options_.warm_up_end == WarmUpEnd::steady ? options_.warm_up_maximum_nanoseconds
                                                     : options_.warm_up_minimum_nanoseconds;
}

void Runner::on_interval(const elytra::bench::TrafficInterval& interval) {
    if (phase_ != Phase::warm_up || options_.warm_up_end != WarmUpEnd::steady) return;
    // The last ones of the step before.
    if (interval.phase != elytra::bench::TrafficPhase::warm_up) return;
    if (!warm_up_start_) warm_up_start_ = interval.start_nanoseconds;
    const std::uint64_t steady_from = *warm_up_start_ + options_.ramp_nanoseconds;
    if (interval.start_nanoseconds < steady_from) return;
    keep_window(interval);
    const std::uint64_t passed = interval.start_nanoseconds + interval.nanoseconds - steady_from;
    if (passed < options_.warm_up_minimum_nanoseconds || !steady_test_(window_)) return;
    steady_ = true;
    begin_measurement();
}

// Twice the window: whatever the test looks back on is in it, and no more is carried than that.
void Runner::keep_window(const elytra::bench::TrafficInterval& interval) {
    window_.push_back(interval);
    const std::uint64_t end = interval.start_nanoseconds + interval.nanoseconds;
    const std::uint64_t length = 2 * options_.steady_window_nanoseconds;
    const auto recent = std::ranges::find_if(window_, [&](const auto& point) {
        return point.start_nanoseconds + point.nanoseconds + length >= end;
    });
    window_.erase(window_.begin(), recent);
}

void Runner::begin_measurement() {
    window_.clear();
    window_.shrink_to_fit();
    enter(Phase::measurement, options_.duration_nanoseconds);
    emit(BeginMeasurement{});
}

void Runner::on_checkpoint() {
    if (phase_ != Phase::measurement) return;
    ++checkpoints_;
    if (extended_ && checkpoints_ >= options_.cover_checkpoints) end_measurement();
}

void Runner::end_measurement() {
    if (step_test_ && step_test_()) return begin_step();
    finish_traffic(options_.drain_timeout_nanoseconds);
}

// A rise to the rate would let the backlog of the step before run off.
void Runner::begin_step() {
    options_.ramp_nanoseconds = 0;
    warm_up_start_.reset();
    steady_ = false;
    extended_ = false;
    checkpoints_ = 0;
    phase_ = Phase::warm_up;
    step_pending_ = true;
    emit(ArmDeadline{options_.setup_timeout_nanoseconds});
    emit(BeginStep{});
}

void Runner::on_step_begun() {
    if (phase_ != Phase::warm_up || !step_pending_) return;
    step_pending_ = false;
    emit(ArmDeadline{warm_up_limit()});
}

void Runner::on_traffic_done(EndState end) {
    if (!traffic_exists_) return;
    traffic_exists_ = false;
    const bool expected = phase_ == Phase::drain || phase_ == Phase::killing;
    if (!expected || end == EndState::badly) fail(Completion::load_failed);
    if (phase_ < Phase::stopping) stop_members();
}

void Runner::on_exited(std::uint32_t member) {
    if (!is_there(members_[member])) return;
    const bool was_formatting = members_[member] == MemberState::formatting;
    members_[member] = MemberState::gone;
    if (phase_ >= Phase::stopping) return end_if_alone();
    fail(Completion::member_failed);
    if (was_formatting || !traffic_exists_) return stop_members();
    // What was answered until now is still worth having.
    if (phase_ != Phase::drain) finish_traffic(failed_drain_nanoseconds);
}

void Runner::on_interrupt() {
    ++interrupts_;
    if (phase_ == Phase::ended || phase_ == Phase::killing) return;
    if (phase_ != Phase::stopping) fail(Completion::interrupted);
    if (interrupts_ > 1) {
        if (traffic_exists_) emit(DropTraffic{});
        traffic_exists_ = false;
        return kill_members(ExitReason::killed_by_us);
    }
    if (traffic_flows()) return finish_traffic(options_.drain_timeout_nanoseconds);
    if (phase_ < Phase::drain) stop_members();
}

void Runner::on_deadline() {
    switch (phase_) {
        case Phase::idle:
        case Phase::ended:
            return;
        case Phase::formatting:
            fail(Completion::timed_out);
            return kill_members(ExitReason::killed_by_us);
        case Phase::starting:
            fail(Completion::timed_out);
            return kill_members(ExitReason::never_ready);
        case Phase::setup:
        case Phase::drain:
            fail(Completion::timed_out);
            return stop_members();
        case Phase::warm_up:
            if (!step_pending_) return begin_measurement();
            fail(Completion::timed_out);
            return stop_members();
        case Phase::measurement:
            return on_deadline_of_measurement();
        case Phase::stopping:
            return on_deadline_of_stopping();
        case Phase::killing:
            phase_ = Phase::ended;
            return emit(EndRun{});
    }
}

void Runner::on_deadline_of_measurement() {
    const bool covered = checkpoints_ >= options_.cover_checkpoints;
    if (covered || extended_ || options_.extension_max_nanoseconds == 0) return end_measurement();
    extended_ = true;
    emit(ArmDeadline{options_.extension_max_nanoseconds});
}

void Runner::on_deadline_of_stopping() {
    if (terminated_) return kill_members(ExitReason::killed_by_us);
    terminated_ = true;
    for (std::uint32_t member = 0; member < options_.members; ++member) {
        if (is_there(members_[member])) emit(TerminateMember{member});
    }
    emit(ArmDeadline{terminate_patience_nanoseconds});
}

const char* Runner::deadline_meaning() const {
    switch (phase_) {
        case Phase::formatting:
            return "format did not end";
        case Phase::starting:
            return "the cluster served no request";
        case Phase::setup:
            return "the load could not register its sessions and create its accounts";
        case Phase::drain:
            return "the load did not end";
        case Phase::stopping:
            return "a member did not end when told to";
        case Phase::killing:
            return "a process did not end by SIGKILL";
        case Phase::warm_up:
            return step_pending_ ? "the load did not begin its next step" : "";
        case Phase::idle:
        case Phase::measurement:
        case Phase::ended:
            return "";
    }
    ELYTRA_ASSERT(false);
}

void Runner::enter(Phase phase, std::uint64_t deadline_nanoseconds) {
    ELYTRA_ASSERT(phase > phase_);
    phase_ = phase;
    emit(ArmDeadline{deadline_nanoseconds});
}

void Runner::fail(Completion completion) {
    if (completion_ == Completion::complete) completion_ = completion;
}

void Runner::finish_traffic(std::uint64_t patience_nanoseconds) {
    enter(Phase::drain, patience_nanoseconds);
    emit(FinishTraffic{});
}

void Runner::stop_members() {
    if (traffic_exists_) emit(DropTraffic{});
    traffic_exists_ = false;
    enter(Phase::stopping, options_.stop_timeout_nanoseconds);
    for (std::uint32_t member = 0; member < options_.members; ++member) {
        if (is_there(members_[member])) emit(StopMember{member});
    }
    end_if_alone();
}

void Runner::kill_members(ExitReason reason) {
    enter(Phase::killing, kill_patience_nanoseconds);
    for (std::uint32_t member = 0; member < options_.members; ++member) {
        if (is_there(members_[member])) emit(KillMember{member, reason});
    }
    end_if_alone();
}

void Runner::end_if_alone() {
    if (phase_ == Phase::ended) return;
    if (std::ranges::any_of(members_, [this](MemberState state) { return is_there(state); })) {
        return;
    }
    phase_ = Phase::ended;
    emit(CancelDeadline{});
    emit(EndRun{});
}

bool Runner::all(MemberState state) const {
    return std::ranges::all_of(members_, [&](MemberState member) { return member == state; });
}

bool Runner::is_there(MemberState state) const {
    return state == MemberState::formatting || state == MemberState::running;
}

bool Runner::traffic_flows() const {
    return phase_ == Phase::setup || phase_ == Phase::warm_up || phase_ == Phase::measurement;
}

std::string to_text(const Action& action) {
    const auto seconds = [](std::uint64_t nanoseconds) {
        return static_cast<double>(nanoseconds) /
               static_cast<double>(elytra::nanoseconds_per_second);
    };
    return std::visit(
        Overloaded{
            [](const FormatMember& one) { return fmt::format("format {}", one.member); },
            [](const SpawnMember& one) { return fmt::format("spawn {}", one.member); },
            [](const ProbeCluster&) { return std::string("probe"); },
            [](const StartTraffic&) { return std::string("start traffic"); },
            [](const BeginWarmUp&) { return std::string("begin warm-up"); },
            [](const BeginMeasurement&) { return std::string("begin measurement"); },
            [](const BeginStep&) { return std::string("begin step"); },
            [](const FinishTraffic&) { return std::string("finish traffic"); },
            [](const DropTraffic&) { return std::string("drop traffic"); },
            [](const StopMember& one) { return fmt::format("stop {}", one.member); },
            [](const TerminateMember& one) { return fmt::format("terminate {}", one.member); },
            [](const KillMember& one) { return fmt::format("kill {}", one.member); },
            [&](const ArmDeadline& one) {
                return fmt::format("deadline {} s", seconds(one.nanoseconds));
            },
            [](const CancelDeadline&) { return std::string("no deadline"); },
            [](const EndRun&) { return std::string("end"); },
        },
        action);
}

}  // namespace elytractl::run
