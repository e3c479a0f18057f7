#include "orchestrator/campaign/campaign.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "orchestrator/campaign/comparison.hpp"
#include "orchestrator/campaign/sweep_result.hpp"
#include "orchestrator/campaign/thresholds.hpp"
#include "orchestrator/plan/plan_report.hpp"
#include "orchestrator/report/measurement_json.hpp"
#include "orchestrator/report/render.hpp"
#include "orchestrator/statistics/facts.hpp"
#include "server/common/assert.hpp"
#include "server/io/clock.hpp"

namespace elytractl::campaign {
namespace {

using elytra::bench::TrafficInterval;
using nlohmann::json;
using plan::PlanKind;
using run::ExitCode;

constexpr std::uint32_t knee_measurements_max = 6;  // beyond the plan, to narrow the knee down

struct ReportFile {
    std::string_view format;
    std::string_view name;
};

constexpr ReportFile report_files[] = {{"text", "report.txt"},
                                       {"html", "report.html"},
                                       {"markdown", "report.md"},
                                       {"junit", "junit.xml"},
                                       {"csv", "series.csv"}};

run::SteadyTest steady_test(const spec::WarmupSpec& warmup) {
    const statistics::SteadyOptions options{.slope = warmup.slope,
                                            .deviation = warmup.deviation,
                                            .window_nanoseconds = warmup.window_nanoseconds,
                                            .minimum_nanoseconds = warmup.minimum_nanoseconds};
    return [options](std::span<const TrafficInterval> intervals) {
        const std::vector<statistics::SteadyPoint> points =
            statistics::steady_points({intervals.begin(), intervals.end()});
        return statistics::judge_steady(points, options).steady();
    };
}

bool answers_wrong(const run::MeasurementOutcome& outcome) {
    return outcome.traffic.has_value() && !outcome.traffic->audit.findings.empty();
}

bool hung(const run::MeasurementOutcome& outcome) {
    return std::ranges::any_of(outcome.members, [](const run::MemberOutcome& member) {
        return member.reason == run::ExitReason::killed_by_us;
    });
}

// A sweep offers more than can be served on purpose, and the steps after that serve what was left;
// that makes none of its numbers worse.
bool overloaded(const Measured& measured) {
    if (!measured.direction.has_value() || measured.completion != run::Completion::complete) {
        return false;
    }
    const bool provoked = measured.direction == plan::Direction::overload ||
                          measured.direction == plan::Direction::recovery;
    return provoked || measured.carried_in > measured.in_flight_max ||
           !statistics::keeps_up(sweep_step(measured), std::nullopt);
}

std::uint64_t backlog_served(const statistics::MeasurementFacts& facts) {
    const std::uint64_t own = facts.events_offered + facts.events_in_flight;
    return facts.events_answered > own ? facts.events_answered - facts.events_offered : 0;
}

std::map<std::string, double> metrics_of(const json& measurement) {
    std::map<std::string, double> metrics;
    for (const auto& [name, value] : measurement.at("metrics").items()) {
        metrics.emplace(name, value.get<double>());
    }
    return metrics;
}

}  // namespace

Campaign::Campaign(CampaignOptions options, report::ResultParts facts, records::RunFolder& folder,
                   process::Session& session)
    : options_(std::move(options)),
      parts_(std::move(facts)),
      folder_(folder),
      session_(session),
      environment_(elytra::bench::read_environment(
          options_.plan.subjects.front().cells.front().cluster.directory)) {
    ELYTRA_ASSERT(options_.programs.size() == options_.plan.subjects.size());
}

json Campaign::run() {
    parts_.plan = plan::plan_json(options_.plan);
    parts_.environment = report::environment_json(environment_, elytra::bench::read_system_load());
    note(folder_.write("plan.json", parts_.plan.dump(2) + "\n"));
    note(folder_.write("environment.json", parts_.environment.dump(2) + "\n"));
    // What stands in the record of a run that is killed.
    parts_.verdict = statistics::verdict_of({{.code = "not_ended",
                                              .severity = statistics::Severity::inconclusive,
                                              .text = "The run has not come to its end."}});
    write_result();
    for (std::size_t next = 0; next < options_.plan.measurements.size() && goes_on();) {
        if (decided()) break;
        const std::span<const plan::Measurement> cluster = cluster_of(next);
        measure(cluster);
        next += cluster.size();
    }
    if (options_.plan.kind == PlanKind::sweep) refine_knee();
    return conclude();
}

// The measurements that share one cluster, beginning with this one.
std::span<const plan::Measurement> Campaign::cluster_of(std::size_t first) const {
    const std::span<const plan::Measurement> all(options_.plan.measurements);
    std::size_t end = first + 1;
    if (all[first].place == plan::Place::first) {
        while (all[end - 1].place != plan::Place::last) ++end;
    }
    return all.subspan(first, end - first);
}

// What the cluster is offered after the present step: further up unless two steps in a row were not
// served, or down from the highest that was offered. The present step is judged by what it has
// served until now.
const plan::Measurement* Campaign::next_step(std::span<const plan::Measurement> cluster,
                                             const plan::Measurement& present,
                                             const elytra::bench::TrafficCounts& counts) const {
    std::vector<statistics::SweepStep> steps = sweep_steps(measured_);
    const bool up = present.direction == plan::Direction::up;
    steps.push_back(
        {.direction = up ? statistics::SweepDirection::up : statistics::SweepDirection::down,
         .offered = static_cast<double>(counts.offered),
         .accepted = static_cast<double>(counts.accepted)});
    const bool saturated = statistics::is_saturated(steps);
    const auto after = std::ranges::find(cluster, present.index, &plan::Measurement::index) + 1;
    const auto next = std::find_if(after, cluster.end(), [&](const plan::Measurement& one) {
        switch (*one.direction) {
            case plan::Direction::up:
                return !saturated;
            case plan::Direction::down:
                return one.rate_fraction < present.rate_fraction;
            case plan::Direction::overload:
            case plan::Direction::recovery:
                break;
        }
        return true;
    });
    return next == cluster.end() ? nullptr : &*next;
}

// Looks at a comparison that may end early, at the places and with the significance that were laid
// down before it began.
bool Campaign::decided() {
    if (!options_.until_decided) return false;
    const std::size_t pairs = complete_pairs(measured_);
    const auto planned = static_cast<std::size_t>(
        std::ranges::count_if(options_.plan.measurements, [](const plan::Measurement& one) {
            return one.role == plan::Role::measurement && one.subject == 0;
        }));
    for (const statistics::Look& look : statistics::plan_looks(planned)) {
        if (look.pairs != pairs) continue;
        significance_ = look.significance;
        const report::Comparison comparison =
            compare_subjects(measured_, parts_.subjects, significance_);
        const auto throughput = comparison.metrics.find("throughput");
        if (throughput == comparison.metrics.end()) return false;
        return throughput->second.difference != statistics::Difference::undecided;
    }
    return false;
}

bool Campaign::goes_on() const {
    if (interruption_.has_value()) return false;
    if (measured_.empty()) return true;
    return measured_.back().completion == run::Completion::complete &&
           !measured_.back().answers_wrong && !ends_run(options_.thresholds, measured_.back());
}

// Whether something of the plan is missing that was wanted, or the last measurement has no end.
bool Campaign::cut_short() const {
    if (interruption_.has_value()) return true;
    if (goes_on()) return false;
    return measured_.back().completion != run::Completion::complete ||
           measured_.size() < options_.plan.measurements.size();
}

std::optional<double> Campaign::probed(const plan::Measurement& measurement) const {
    if (!measurement.probe.has_value()) return std::nullopt;
    for (const Measured& one : measured_) {
        if (one.index == *measurement.probe) return one.metric("throughput");
    }
    return std::nullopt;
}

process::MeasurementPlan Campaign::complete_plan(const plan::Measurement& measurement) const {
    const spec::Cell& cell = options_.plan.cell_of(measurement);
    const Program& program = options_.programs[measurement.subject];
    process::MeasurementPlan complete{
        .index = measurement.index,
        .total = static_cast<std::uint32_t>(options_.plan.measurements.size()),
        .name = fmt::format("{}-m{}", folder_.id(), measurement.index),
        .subject = options_.plan.subjects[measurement.subject].name,
        .cell = cell.values,
        .rate = measurement.rate,
        .repeat = measurement.repeat,
        .executable = program.path,
        .subcommand = program.subcommand,
        .elytra = program.elytra,
        .environment_padding = plan::environment_padding(options_.plan, measurement),
        .cluster = cell.cluster,
        .traffic = plan::traffic_of(options_.plan, measurement, probed(measurement)),
        .driver_command = cell.driver_command,
        .measure = cell.measure,
        .addresses = {}};
    using elytra::bench::ArrivalModel;
    if (complete.traffic.arrival.model == ArrivalModel::open) {
        complete.ramp_nanoseconds = cell.measure.warmup.ramp_nanoseconds;
    }
    const auto& stretches = complete.traffic.arrival.stretches;
    if (!complete.rate.has_value() && measurement.rate_fraction.has_value()) {
        complete.rate = static_cast<double>(stretches.front().rate_begin);
    }
    return complete;
}

void Campaign::measure(std::span<const plan::Measurement> cluster) {
    if (session_.interrupted()) {
        interruption_ = {.code = ExitCode::interrupted, .text = "interrupted"};
        return;
    }
    const plan::Measurement* present = &cluster.front();
    const process::MeasurementPlan complete = complete_plan(*present);
    const plan::Measurement* following = nullptr;
    process::StepSequence steps;
    if (cluster.size() > 1) {
        steps.next = [&](const elytra::bench::TrafficCounts& counts) {
            following = next_step(cluster, *present, counts);
            return following == nullptr ? std::nullopt : std::optional(step_plan(*following));
        };
        steps.on_step = [&](const run::MeasurementOutcome& ended) {
            record(*present, ended, complete.traffic);
            present = following;
        };
    }
    auto outcome = session_.measure(complete, steady_test(complete.measure.warmup), steps);
    if (!outcome.has_value()) {
        const bool not_ours = outcome.error().kind == process::Refusal::Kind::not_ours;
        interruption_ = {.code = not_ours ? ExitCode::refused : ExitCode::host_unsuitable,
                         .text = outcome.error().text};
        return;
    }
    outcome->role = plan::role_names[static_cast<std::size_t>(present->role)];
    record(*present, *outcome, complete.traffic);
}

process::StepPlan Campaign::step_plan(const plan::Measurement& measurement) const {
    const process::MeasurementPlan complete = complete_plan(measurement);
    return {.index = complete.index, .rate = complete.rate, .arrival = complete.traffic.arrival};
}

// Measures between the highest rate that was served and the lowest that was not. Each on a cluster
// of its own: that of the sweep has been overloaded and still owes what follows from it, and these
// rates shall be judged by themselves.
void Campaign::refine_knee() {
    for (std::uint32_t added = 0; added < knee_measurements_max && goes_on(); ++added) {
        const std::vector<statistics::SweepStep> steps = sweep_steps(measured_);
        const auto rate = statistics::next_knee_rate(steps, options_.p99_max_microseconds);
        const std::optional<double> ceiling = probed_rate(measured_);
        if (!rate.has_value() || !ceiling.has_value() || *ceiling <= 0) return;
        plan::Measurement measurement = options_.plan.measurements.back();
        measurement.index = static_cast<std::uint32_t>(options_.plan.measurements.size()) + added;
        measurement.rate_fraction = *rate / *ceiling;
        measurement.direction = plan::Direction::up;
        measurement.place = plan::Place::alone;
        measure({&measurement, 1});
    }
}

void Campaign::record(const plan::Measurement& measurement, const run::MeasurementOutcome& outcome,
                      const elytra::bench::TrafficOptions& traffic) {
    const spec::MeasureSpec& measure = options_.plan.cell_of(measurement).measure;
    const statistics::FactsContext context{.traffic = traffic,
                                           .measure = measure,
                                           .environment = environment_,
                                           .generator_ceiling = options_.generator_ceiling};
    statistics::MeasurementFacts judged = statistics::facts_of(outcome, context);
    // Where the generator is what is measured, it is meant to be busy.
    if (parts_.run.kind == report::RunKind::null) judged.generator_busy = judged.driver_busy = 0;
    const statistics::Verdict verdict = statistics::judge_measurement(judged);
    parts_.measurements.push_back(report::measurement_json(outcome, verdict, measure.percentiles));
    measured_.push_back({.index = measurement.index,
                         .role = measurement.role,
                         .subject = measurement.subject,
                         .cell = measurement.cell,
                         .block = measurement.block,
                         .direction = measurement.direction,
                         .rate_fraction = measurement.rate_fraction,
                         .rate = outcome.rate,
                         .completion = outcome.completion,
                         .steady = outcome.steady || !measure.warmup.until_steady,
                         .answers_wrong = answers_wrong(outcome),
                         .hung = hung(outcome),
                         .metrics = metrics_of(parts_.measurements.back()),
                         .carried_in = outcome.traffic ? outcome.traffic->carried_in : 0,
                         .carried_out = outcome.traffic ? outcome.traffic->carried_out : 0,
                         .in_flight_max = judged.events_in_flight,
                         .backlog_served = backlog_served(judged),
                         .served_series = judged.throughput_series,
                         .p99_series = judged.p99_series,
                         .verdict = verdict});
    if (measurement.direction == plan::Direction::recovery && outcome.traffic) {
        measured_.back().recovery = recovery_of(measured_, outcome.traffic->intervals);
    }
    const bool starts =
        measurement.place == plan::Place::alone || measurement.place == plan::Place::first;
    for (const run::MemberOutcome& member : outcome.members) {
        if (!starts) break;
        commands_ += fmt::format("{}\n", fmt::join(member.command, " "));
    }
    for (const run::DriverOutcome& driver : outcome.drivers) {
        commands_ += fmt::format("{} {}\n", fmt::join(driver.environment, " "), driver.command);
    }
    note(folder_.write("commands.txt", commands_));
    const std::string log = report::measurement_histogram_log(outcome);
    if (wants("hdr") && !log.empty()) {
        note(folder_.write(fmt::format("hdr/m{}.hlog", measurement.index), log));
    }
    write_result();
}

json Campaign::conclude() {
    parts_.thresholds = check_thresholds(options_.thresholds, measured_);
    std::ranges::move(check_regressions(options_.thresholds, measured_, parts_.plan, options_.past),
                      std::back_inserter(parts_.thresholds));
    if (options_.plan.kind == PlanKind::compare) {
        parts_.comparison = compare_subjects(measured_, parts_.subjects, significance_);
    }
    if (options_.plan.kind == PlanKind::sweep) {
        parts_.sweep = sweep_result(measured_, options_.p99_max_microseconds);
    }
    const report::Comparison* const comparison =
        parts_.comparison.has_value() ? &*parts_.comparison : nullptr;
    std::vector<statistics::Verdict> verdicts;
    for (const Measured& one : measured_) {
        if (!overloaded(one)) verdicts.push_back(one.verdict);
    }
    std::vector<statistics::Reason> reasons = run_reasons(parts_.thresholds, comparison, measured_);
    if (interruption_.has_value()) {
        reasons.push_back({.code = "cut_short",
                           .severity = statistics::Severity::inconclusive,
                           .text = "The run was cut short: " + interruption_->text});
    }
    parts_.verdict = statistics::judge_run(verdicts, std::move(reasons));
    const ExitCode code = judge_end({.measured = measured_,
                                     .verdict = parts_.verdict,
                                     .thresholds = parts_.thresholds,
                                     .comparison = comparison,
                                     .interruption = interruption_ ? &*interruption_ : nullptr});
    parts_.run.exit_code = static_cast<int>(code);
    parts_.run.ended = elytra::io::wall_now();
    parts_.run.state = cut_short() ? report::RunState::incomplete : report::RunState::complete;
    json result = write_result();
    write_reports(result);
    return result;
}

json Campaign::write_result() {
    json result = report::result_json(parts_);
    note(folder_.write_result(result));
    return result;
}

bool Campaign::wants(std::string_view format) const {
    return std::ranges::find(options_.formats, format) != options_.formats.end();
}

void Campaign::write_reports(const json& result) {
    for (const ReportFile& file : report_files) {
        const auto format = report::report_format(file.format);
        if (!wants(file.format) || !format.has_value()) continue;
        note(folder_.write(file.name, report::render_report(result, *format, {})));
    }
}

void Campaign::note(const elytra::Result<void, std::string>& written) {
    if (written.has_value()) return;
    if (std::ranges::find(record_errors_, written.error()) != record_errors_.end()) return;
    record_errors_.push_back(written.error());
}

}  // namespace elytractl::campaign
