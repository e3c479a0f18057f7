#include "orchestrator/process/course.hpp"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/driver/environment.hpp"
#include "orchestrator/run/cut_series.hpp"
#include "orchestrator/run/ramp.hpp"
#include "server/common/assert.hpp"
#include "server/io/clock.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::process {
namespace {

using elytra::bench::DriverPipes;
using elytra::bench::Quantile;
using elytra::bench::TrafficInterval;
using elytra::bench::TrafficPhase;
using elytra::bench::TrafficResult;

constexpr Quantile median{1, 2};
constexpr Quantile percentile_99{99, 100};

run::EndState end_of(const TrafficResult& result) {
    return result.errors.empty() ? run::EndState::well : run::EndState::badly;
}

// The last intervals of one phase that make about a second.
run::RecentTraffic recent_traffic(std::span<const TrafficInterval> intervals) {
    run::RecentTraffic recent;
    elytra::bench::LatencyHistogram batch;
    for (const TrafficInterval& interval : std::views::reverse(intervals)) {
        if (recent.nanoseconds >= elytra::nanoseconds_per_second) break;
        if (interval.phase != intervals.back().phase) break;
        recent.nanoseconds += interval.nanoseconds;
        recent.counts.add(interval.counts);
        batch.merge(interval.batch);
    }
    recent.p50_microseconds = batch.at(median);
    recent.p99_microseconds = batch.at(percentile_99);
    recent.max_microseconds = batch.max();
    return recent;
}

double cpu_between(const run::MemberSample& earlier, const run::MemberSample& later) {
    const std::uint64_t nanoseconds = later.at_nanoseconds - earlier.at_nanoseconds;
    if (nanoseconds == 0) return 0;
    const std::uint64_t before = earlier.cpu_user_microseconds + earlier.cpu_system_microseconds;
    const std::uint64_t after = later.cpu_user_microseconds + later.cpu_system_microseconds;
    return static_cast<double>((after - before) * elytra::nanoseconds_per_microsecond) /
           static_cast<double>(nanoseconds);
}

}  // namespace

Course::Course(CourseContext context, const run::SteadyTest& steady_test)
    : context_(std::move(context)),
      runner_(
          runner_options(context_.plan), steady_test,
          context_.steps.next ? run::StepTest([this] { return another_step(); }) : run::StepTest()),
      deadline_(context_.loop),
      sampling_(context_.loop),
      driver_failure_(context_.loop) {
    describe_step(context_.plan);
    addresses_ = context_.plan.addresses;
    make_members();
}

void Course::describe_step(const MeasurementPlan& plan) {
    outcome_.index = plan.index;
    outcome_.subject = plan.subject;
    outcome_.cell = plan.cell;
    outcome_.rate = plan.rate;
    outcome_.repeat = plan.repeat;
}

void Course::make_members() {
    const MeasurementPlan& plan = context_.plan;
    for (std::uint32_t index = 0; index < plan.cluster.replicas; ++index) {
        members_.push_back(std::make_unique<Member>(
            context_.loop,
            MemberOptions{
                .index = index,
                .count = plan.cluster.replicas,
                .cluster = plan.traffic.cluster,
                .executable = plan.executable,
                .subcommand = plan.subcommand,
                .data_file = data_file(index),
                .log_path = fmt::format("{}/m{}-r{}.log", context_.log_folder, plan.index, index),
                .addresses = plan.addresses,
                .start_flags = start_flags(plan),
                .environment_padding = plan.environment_padding,
                .elytra = plan.elytra},
            MemberEvents{
                .on_formatted = [this, index](run::EndState end) { on_formatted(index, end); },
                .on_port = [this, index](const auto& address) { on_port(index, address); },
                .on_unusable = [this, index](const auto& reason) { on_unusable(index, reason); },
                .on_exited = [this, index] { on_exited(index); },
                .on_mark = [this, index](std::string_view kind) { on_mark(index, kind); }}));
    }
}

std::string Course::data_file(std::uint32_t member) const {
    return fmt::format("{}/m{}-r{}.elytra", data_folder(context_.plan), context_.plan.index,
                       member);
}

run::MeasurementOutcome Course::run() {
    outcome_.system_before = elytra::bench::read_system_load();
    processes_before_ = read_processes();
    if (!ended_) {
        runner_.start();
        perform_actions();
    }
    context_.loop.restart();
    while (!ended_) context_.loop.run_one();
    deadline_.cancel();
    sampling_.cancel();
    traffic_.reset();
    collect_drivers();
    probe_.reset();
    outcome_.completion = runner_.completion();
    outcome_.steady = runner_.steady();
    clean_up();
    outcome_.foreign_after = look_around();
    outcome_.system_after = elytra::bench::read_system_load();
    return std::move(outcome_);
}

// Events come from the loop, never from within an action, so that this is not entered twice.
void Course::perform_actions() {
    const std::vector<run::Action> actions(runner_.actions().begin(), runner_.actions().end());
    runner_.clear_actions();
    tell_phase();
    for (const run::Action& action : actions) {
        std::visit([this](const auto& one) { perform(one); }, action);
    }
}

// That of a step that has been asked for is told when the step begins.
void Course::tell_phase() {
    if (next_step_.has_value() || runner_.phase() == phase_told_) return;
    phase_told_ = runner_.phase();
    context_.tell(run::PhaseEntered{.phase = phase_told_});
}

// Nobody else can have made a file in a directory of ours that was not there before.
void Course::perform(const run::FormatMember& action) {
    Member& member = *members_[action.member];
    auto prepared = context_.ledger.expect_file(member.options().data_file);
    if (prepared.has_value()) prepared = member.prepare();
    if (!prepared.has_value()) {
        return member.refuse(fmt::format("cannot prepare {}: {}", member.outcome().name,
                                         elytra::io::error_text(prepared.error())));
    }
    member.format();
}

void Course::perform(const run::SpawnMember& action) {
    Member& member = *members_[action.member];
    member.spawn();
    context_.tell(run::MemberStarted{
        .member = member.outcome().name, .pid = member.pid(), .command = member.outcome().command});
}

void Course::perform(const run::ProbeCluster&) {
    probe_ = std::make_unique<Probe>(
        context_.loop,
        ProbeTarget{.addresses = addresses_,
                    .cluster = context_.plan.traffic.cluster,
                    .release = context_.plan.traffic.release},
        ProbeEvents{.on_served = [this] { on_served(); },
                    .on_refused = [this](const std::string& reason) { on_unusable(0, reason); }});
    probe_->start();
}

elytra::bench::TrafficOptions Course::traffic_options() const {
    const MeasurementPlan& plan = context_.plan;
    elytra::bench::TrafficOptions options = plan.traffic;
    if (options.arrival.model == elytra::bench::ArrivalModel::open) {
        options.arrival = run::with_ramp(
            options.arrival, plan.ramp_nanoseconds,
            plan.measure.warmup.maximum_nanoseconds + plan.measure.warmup.minimum_nanoseconds +
                plan.measure.duration_nanoseconds + plan.extension_max_nanoseconds);
    }
    return options;
}

// Before the threads of the load exist: the kernel ties a child's life to the thread that forks.
elytra::Result<std::vector<DriverPipes>, std::string> Course::start_drivers() {
    const MeasurementPlan& plan = context_.plan;
    if (plan.driver_command.empty()) return std::vector<DriverPipes>();
    drivers_ = std::make_unique<LoadDrivers>(
        context_.loop,
        LoadDriversOptions{.command = plan.driver_command,
                           .count = plan.traffic.clients,
                           .addresses = addresses_,
                           .cluster = plan.traffic.cluster,
                           .log_prefix = fmt::format("{}/m{}-", context_.log_folder, plan.index)},
        [this] { on_load_ended(); });
    return drivers_->start();
}

void Course::perform(const run::StartTraffic&) {
    auto drivers = start_drivers();
    if (!drivers.has_value()) {
        driver_failure_.start({}, [this, reason = drivers.error()] {
            TrafficResult result;
            result.errors.push_back(reason);
            on_traffic_done(std::move(result));
        });
        return;
    }
    traffic_ = std::make_unique<elytra::bench::Traffic>(
        context_.loop, traffic_options(), addresses_,
        elytra::bench::TrafficEvents{
            .on_ready =
                [this] {
                    runner_.on_traffic_ready();
                    perform_actions();
                },
            .on_interval = [this](const TrafficInterval& interval) { on_interval(interval); },
            .on_step = [this](TrafficResult result) { on_step_ended(std::move(result)); },
            .on_done = [this](TrafficResult result) { on_traffic_done(std::move(result)); }});
    traffic_->start(std::move(*drivers));
}

void Course::perform(const run::BeginWarmUp&) {
    traffic_begin_ = elytra::io::monotonic_now();
    host_before_.reset();
    sample();
    traffic_->begin_warm_up();
}

void Course::perform(const run::BeginMeasurement&) {
    if (!traffic_) return;  // it has failed, and its drivers are about to end
    outcome_.foreign_before = look_around();
    if (drivers_) drivers_->begin_measurement();
    traffic_->begin_measurement();
}

void Course::perform(const run::BeginStep&) {
    if (!traffic_) return;  // as above
    traffic_->begin_step(next_step_->arrival);
}

// Asked by the runner when the measurement of a step is over, whose last intervals are on their
// way.
bool Course::another_step() {
    elytra::bench::TrafficCounts measured;
    for (const TrafficInterval& interval : intervals_) {
        if (interval.phase == TrafficPhase::measurement) measured.add(interval.counts);
    }
    next_step_ = context_.steps.next(measured);
    step_steady_ = runner_.steady();
    return next_step_.has_value();
}

void Course::on_step_ended(TrafficResult result) {
    sample();
    outcome_.foreign_during = look_around();
    const std::uint64_t length = result.warm_up_nanoseconds + result.measurement_nanoseconds;
    const std::uint64_t transfers =
        elytra::bench::transfers_accepted(result.warm_up, result.warm_up_latency) +
        elytra::bench::transfers_accepted(result.measurement, result.latency);
    const run::MeasurementOutcome ended = take_step(std::move(result));
    outcome_.transfers_earlier += transfers;
    step_begin_ += length;
    context_.tell(run::MeasurementEnded{
        .index = ended.index, .completion = ended.completion, .steady = ended.steady});
    context_.steps.on_step(ended);

    MeasurementPlan plan = context_.plan;
    plan.index = next_step_->index;
    plan.rate = next_step_->rate;
    plan.ramp_nanoseconds = 0;
    describe_step(plan);
    intervals_.clear();
    next_step_.reset();
    context_.tell(announcement(plan));
    tell_phase();
    runner_.on_step_begun();
    perform_actions();
}

// What was seen during the step, on its own clock. Members stay as they are: how they end is told
// with the last step.
run::MeasurementOutcome Course::take_step(TrafficResult result) {
    run::MeasurementOutcome ended = outcome_;
    ended.steady = step_steady_;
    // What it was before the steps, the first of which made it busy, stays that of each.
    ended.system_after = elytra::bench::read_system_load();
    outcome_.errors.clear();
    const run::TimeSpan span{.begin_nanoseconds = step_begin_,
                             .end_nanoseconds = step_begin_ + result.warm_up_nanoseconds +
                                                result.measurement_nanoseconds};
    for (const auto& member : members_) ended.members.push_back(member->outcome());
    ended.traffic = std::move(result);
    run::cut_series(ended, span);
    return ended;
}

void Course::perform(const run::FinishTraffic&) {
    // What the members have used by the end of the measurement.
    if (traffic_begin_.has_value()) sample();
    const bool measured = outcome_.foreign_before.nanoseconds > 0;
    if (measured) outcome_.foreign_during = look_around();
    if (!traffic_) return;  // as above
    if (drivers_) drivers_->end_measurement();
    traffic_->finish();
}

void Course::perform(const run::DropTraffic&) {
    traffic_.reset();
    next_step_.reset();
    driver_failure_.cancel();
    if (drivers_) drivers_->kill();
    if (!outcome_.traffic) outcome_.traffic = partial_result(std::move(intervals_));
}

void Course::perform(const run::StopMember& action) {
    sampling_.cancel();
    members_[action.member]->stop();
}

void Course::perform(const run::TerminateMember& action) { members_[action.member]->terminate(); }

void Course::perform(const run::KillMember& action) {
    members_[action.member]->kill(action.reason);
}

void Course::perform(const run::ArmDeadline& action) {
    deadline_.start(std::chrono::nanoseconds(action.nanoseconds), [this] { on_deadline(); });
}

void Course::perform(const run::CancelDeadline&) { deadline_.cancel(); }

void Course::perform(const run::EndRun&) { ended_ = true; }

void Course::on_formatted(std::uint32_t member, run::EndState end) {
    const spec::Lifetime lifetime = context_.plan.cluster.lifetime;
    const auto adopted = context_.ledger.adopt_file(
        members_[member]->options().data_file,
        lifetime == spec::Lifetime::keep ? Lifetime::kept : Lifetime::until_removed);
    if (!adopted.has_value() && end == run::EndState::well) {
        trouble(fmt::format("format of r{} ended well but left no data file: {}", member,
                            elytra::io::error_text(adopted.error())));
        end = run::EndState::badly;
    }
    if (end == run::EndState::badly) {
        context_.ledger.adopt_unfinished(members_[member]->options().data_file);
    }
    if (!members_[member]->outcome().reason_text.empty()) {
        trouble(members_[member]->outcome().reason_text);
    }
    runner_.on_formatted(member, end);
    perform_actions();
}

void Course::on_port(std::uint32_t member, const elytra::io::Address& address) {
    addresses_ = {address};
    context_.tell(run::MemberListening{.member = members_[member]->outcome().name,
                                       .address = members_[member]->outcome().address});
    runner_.on_port(member);
    perform_actions();
}

void Course::on_unusable(std::uint32_t member, const std::string& reason) {
    trouble(reason);
    runner_.on_unusable(member);
    perform_actions();
}

void Course::on_served() {
    for (const auto& member : members_) member->note_ready();
    probe_->close();
    runner_.on_ready();
    perform_actions();
}

void Course::on_exited(std::uint32_t member) {
    const run::MemberOutcome& outcome = members_[member]->outcome();
    ELYTRA_ASSERT(outcome.reason.has_value());
    if (!outcome.reason_text.empty()) trouble(outcome.reason_text);
    context_.tell(run::MemberEnded{
        .member = outcome.name, .reason = *outcome.reason, .text = outcome.reason_text});
    runner_.on_exited(member);
    perform_actions();
}

void Course::on_mark(std::uint32_t member, std::string_view kind) {
    if (!traffic_begin_.has_value()) return;
    outcome_.marks.push_back({.at_nanoseconds = traffic_time(),
                              .kind = std::string(kind),
                              .member = members_[member]->outcome().name});
    context_.tell(run::MarkSeen{.mark = outcome_.marks.back()});
    // Members checkpoint at the same ops; those of one count.
    if (kind != "checkpoint" || member != 0) return;
    runner_.on_checkpoint();
    perform_actions();
}

void Course::on_interval(const TrafficInterval& interval) {
    intervals_.push_back(interval);
    if (context_.plan.measure.observe) {
        context_.tell(run::IntervalPassed{.phase = interval.phase,
                                          .nanoseconds = interval.nanoseconds,
                                          .counts = interval.counts,
                                          .p50_microseconds = interval.batch.at(median),
                                          .p99_microseconds = interval.batch.at(percentile_99),
                                          .max_microseconds = interval.batch.max(),
                                          .recent = recent_traffic(intervals_)});
    }
    runner_.on_interval(interval);
    perform_actions();
}

void Course::on_traffic_done(TrafficResult result) {
    outcome_.traffic = std::move(result);
    next_step_.reset();  // where the load failed before it began
    if (!drivers_) return on_load_ended();
    traffic_.reset();  // closes the pipes
    drivers_->stop();
}

void Course::on_load_ended() {
    run::EndState end = end_of(*outcome_.traffic);
    for (const std::string& error : outcome_.traffic->errors) trouble(error);
    for (const auto& member : members_) member->note_memory();
    if (drivers_) {
        const std::vector<std::string> troubles = drivers_->troubles(outcome_.traffic->errors);
        for (const std::string& text : troubles) trouble(text);
        if (!troubles.empty()) end = run::EndState::badly;
    }
    runner_.on_traffic_done(end);
    perform_actions();
}

void Course::on_deadline() {
    const std::string meaning = runner_.deadline_meaning();
    // After the failure of a member everything else follows from it.
    const bool explained = runner_.completion() == run::Completion::member_failed &&
                           runner_.phase() == run::Phase::drain;
    if (!meaning.empty() && !explained) {
        const bool probing = runner_.phase() == run::Phase::starting && probe_ != nullptr;
        trouble(probing ? fmt::format("{} in time; {}", meaning, probe_->describe())
                        : fmt::format("{} in time", meaning));
    }
    runner_.on_deadline();
    perform_actions();
}

void Course::on_interrupt() {
    runner_.on_interrupt();
    perform_actions();
}

// What others have used since the last look.
run::ForeignLoad Course::look_around() {
    ProcessTable now = read_processes();
    run::ForeignLoad load = foreign_load(processes_before_, now, getpid());
    processes_before_ = std::move(now);
    return load;
}

void Course::sample() {
    const std::uint64_t now = traffic_time();
    for (const auto& member : members_) {
        const std::vector<run::MemberSample>& samples = member->outcome().samples;
        const std::optional<run::MemberSample> before =
            samples.empty() ? std::nullopt : std::optional(samples.back());
        const std::optional<run::MemberSample> after = member->sample(now);
        if (!before.has_value() || !after.has_value()) continue;
        context_.tell(run::MemberSampled{.member = member->outcome().name,
                                         .cpu = cpu_between(*before, *after),
                                         .sample = *after});
    }
    const HostReading host = read_host(now);
    if (host_before_.has_value() && now > host_before_->at_nanoseconds) {
        outcome_.host.push_back(difference(*host_before_, host));
    }
    host_before_ = host;
    if (context_.plan.measure.observe) arm_sampling();
}

void Course::arm_sampling() {
    sampling_.start(std::chrono::nanoseconds(context_.plan.traffic.interval_nanoseconds),
                    [this] { sample(); });
}

void Course::trouble(const std::string& text) {
    outcome_.errors.push_back(text);
    context_.tell(run::TroubleSeen{.text = text});
}

void Course::collect_drivers() {
    if (!drivers_) return;
    drivers_->kill();
    while (!drivers_->ended()) context_.loop.run_one();
    outcome_.drivers = drivers_->take_outcomes();
    for (const run::DriverOutcome& driver : outcome_.drivers) {
        if (!driver.left_behind) continue;
        outcome_.left_behind.push_back(
            fmt::format("driver {} (process {})", driver.name, driver.pid));
    }
    drivers_.reset();
}

// Processes first, then files, then the folder: backwards.
void Course::clean_up() {
    for (const auto& member : members_) {
        if (member->alive()) {
            outcome_.left_behind.push_back(member->describe_process());
            member->abandon();
        }
        outcome_.members.push_back(std::move(member->outcome()));
    }
    members_.clear();
    if (step_begin_ > 0) run::cut_series(outcome_, {.begin_nanoseconds = step_begin_});
    if (context_.plan.cluster.lifetime == spec::Lifetime::keep) return;
    const Cleanup cleanup = context_.ledger.remove_all();
    for (const LeftBehind& left : cleanup.left) {
        outcome_.left_behind.push_back(fmt::format("{}: {}", left.path, left.reason));
    }
}

std::uint64_t Course::traffic_time() const {
    ELYTRA_ASSERT(traffic_begin_.has_value());
    return elytra::io::monotonic_now().nanoseconds - traffic_begin_->nanoseconds;
}

TrafficResult partial_result(std::vector<TrafficInterval> intervals) {
    TrafficResult result;
    for (const TrafficInterval& interval : intervals) {
        const bool warm = interval.phase == TrafficPhase::warm_up;
        const bool measured = interval.phase == TrafficPhase::measurement;
        if (warm) result.warm_up_nanoseconds += interval.nanoseconds;
        if (measured) result.measurement_nanoseconds += interval.nanoseconds;
        if (warm) result.warm_up.add(interval.counts);
        if (measured) result.measurement.add(interval.counts);
        if (warm) result.warm_up_latency.batch.merge(interval.batch);
        if (measured) result.latency.batch.merge(interval.batch);
    }
    result.intervals = std::move(intervals);
    result.errors.emplace_back("the load was cut off before it could count what was left");
    return result;
}

}  // namespace elytractl::process
