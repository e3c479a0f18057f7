#include "orchestrator/statistics/facts.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "orchestrator/statistics/descriptive.hpp"

namespace elytractl::statistics {
namespace {

using elytra::bench::TrafficInterval;
using elytra::bench::TrafficPhase;
using elytra::bench::TrafficResult;

constexpr double percent_whole = 100;  // a SystemLoad tells percent
constexpr elytra::bench::Quantile p99{99, 100};

double seconds_of(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

// The time of the measurement on the clock of the traffic.
struct Span {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    bool contains(std::uint64_t at) const { return at >= begin && at <= end; }
};

Span measured_span(const TrafficResult& traffic) {
    Span span;
    for (const TrafficInterval& interval : traffic.intervals) {
        if (interval.phase != TrafficPhase::measurement) continue;
        if (span.end == 0) span.begin = interval.start_nanoseconds;
        span.end = interval.start_nanoseconds + interval.nanoseconds;
    }
    return span;
}

void add_series(const TrafficResult& traffic, std::uint64_t interval_nanoseconds,
                MeasurementFacts& facts) {
    for (const TrafficInterval& interval : traffic.intervals) {
        if (interval.phase != TrafficPhase::measurement) continue;
        // The last interval is what was left of one; a short one has the noise of few answers.
        if (2 * interval.nanoseconds < interval_nanoseconds) continue;
        facts.throughput_series.push_back(static_cast<double>(interval.counts.answered) /
                                          seconds_of(interval.nanoseconds));
        if (interval.batch.count() == 0) continue;
        facts.p99_series.push_back(static_cast<double>(interval.batch.at(p99)));
    }
}

void add_traffic(const TrafficResult& traffic, MeasurementFacts& facts) {
    facts.answers_wrong = !traffic.audit.findings.empty();
    facts.seconds = seconds_of(traffic.measurement_nanoseconds);
    const Span span = measured_span(traffic);
    if (span.end > 0) facts.seconds_clock = seconds_of(span.end - span.begin);
    facts.events_offered = traffic.measurement.offered;
    facts.events_answered = traffic.measurement.answered;
    facts.events_late = traffic.measurement.late;
    facts.events_dropped = traffic.measurement.dropped;
    facts.events_recorded = traffic.latency.event.count();
    facts.requests_recorded = traffic.latency.batch.count();
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    for (const TrafficInterval& interval : traffic.intervals) {
        sent += interval.counts.sent;
        answered += interval.counts.answered;
    }
    // What a step has in flight at its end is answered in the next one.
    if (!traffic.followed) facts.events_unanswered = sent - std::min(sent, answered);
    if (traffic.latency.batch.count() > 0) {
        facts.response_p99 = static_cast<double>(traffic.latency.batch.at(p99));
        facts.lag_p99 = static_cast<double>(traffic.latency.lag.at(p99));
    }
    for (const elytra::bench::GeneratorThread& thread : traffic.threads) {
        if (thread.nanoseconds == 0) continue;
        const double busy =
            static_cast<double>(thread.cpu_nanoseconds) / static_cast<double>(thread.nanoseconds);
        facts.generator_busy = std::max(facts.generator_busy, busy);
    }
}

void add_host(const run::MeasurementOutcome& outcome, const Span& span, MeasurementFacts& facts) {
    std::vector<double> steal;
    std::vector<double> memory;
    for (const run::HostSample& sample : outcome.host) {
        if (!span.contains(sample.at_nanoseconds)) continue;
        steal.push_back(sample.steal);
        if (sample.pressure_memory) memory.push_back(*sample.pressure_memory);
    }
    if (!steal.empty()) facts.steal = mean(steal);
    if (!memory.empty()) facts.pressure_memory = mean(memory);
}

// Of the member that made the most: in a cluster all make the same ones.
std::uint32_t checkpoints_in(const run::MeasurementOutcome& outcome, const Span& span) {
    std::map<std::string, std::uint32_t> counts;
    for (const run::Mark& mark : outcome.marks) {
        if (mark.kind == "checkpoint" && span.contains(mark.at_nanoseconds)) ++counts[mark.member];
    }
    std::uint32_t most = 0;
    for (const auto& [member, count] : counts) most = std::max(most, count);
    return most;
}

}  // namespace

MeasurementFacts facts_of(const run::MeasurementOutcome& outcome, const FactsContext& context) {
    MeasurementFacts facts;
    facts.complete = outcome.completion == run::Completion::complete && outcome.traffic.has_value();
    facts.open_loop = context.traffic.arrival.model == elytra::bench::ArrivalModel::open;
    facts.steady = outcome.steady || !context.measure.warmup.until_steady;
    facts.slow_build = context.environment.assertions_slow;
    facts.events_in_flight =
        std::uint64_t{context.traffic.clients} * std::uint64_t{context.traffic.batch_max};
    facts.generator_ceiling = context.generator_ceiling;
    facts.governor = context.environment.cpu_governor;
    facts.processors = context.environment.cpu_count;
    facts.replicas = static_cast<std::uint32_t>(outcome.members.size());
    facts.generator_threads = context.traffic.threads;
    facts.drivers = static_cast<std::uint32_t>(outcome.drivers.size());
    for (const run::DriverOutcome& driver : outcome.drivers) {
        facts.driver_busy = std::max(facts.driver_busy, driver.busy.value_or(0));
    }
    facts.percentiles = context.measure.percentiles;
    facts.checkpoints_asked = context.measure.cover_checkpoints;
    facts.observed = context.measure.observe;
    const elytra::bench::SystemLoad& before = outcome.system_before;
    if (before.pressure_cpu) facts.pressure_cpu_before = *before.pressure_cpu / percent_whole;
    if (before.pressure_io) facts.pressure_io_before = *before.pressure_io / percent_whole;
    for (const run::ForeignProcess& other : outcome.foreign_during.processes) {
        facts.disturbers.push_back({.name = other.name, .pid = other.pid, .cpus = other.cpus});
    }
    if (!outcome.traffic) return facts;
    add_traffic(*outcome.traffic, facts);
    add_series(*outcome.traffic, context.traffic.interval_nanoseconds, facts);
    const Span span = measured_span(*outcome.traffic);
    add_host(outcome, span, facts);
    facts.checkpoints_seen = checkpoints_in(outcome, span);
    return facts;
}

std::vector<SteadyPoint> steady_points(const std::vector<TrafficInterval>& intervals) {
    std::vector<SteadyPoint> points;
    std::uint64_t elapsed = 0;
    for (const TrafficInterval& interval : intervals) {
        if (interval.phase != TrafficPhase::warm_up) continue;
        elapsed += interval.nanoseconds;
        points.push_back({.end_nanoseconds = elapsed,
                          .nanoseconds = interval.nanoseconds,
                          .events = interval.counts.answered,
                          .requests = interval.counts.requests,
                          .p99_microseconds = static_cast<double>(interval.batch.at(p99))});
    }
    return points;
}

}  // namespace elytractl::statistics
