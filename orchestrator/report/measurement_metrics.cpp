#include "orchestrator/report/measurement_metrics.hpp"

#include <algorithm>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "orchestrator/report/traffic_window.hpp"

namespace elytractl::report {
namespace {

using elytra::bench::TrafficResult;
using nlohmann::json;
using run::MemberSample;

struct Counters {
    double cpu_microseconds = 0;
    double written_bytes = 0;
    double switches = 0;
};

Counters counters_of(const MemberSample& sample) {
    return {
        .cpu_microseconds =
            static_cast<double>(sample.cpu_user_microseconds + sample.cpu_system_microseconds),
        .written_bytes = static_cast<double>(sample.written_bytes),
        .switches = static_cast<double>(sample.switches_voluntary + sample.switches_involuntary)};
}

// Between two samples the counters are taken to grow evenly: a quarter of a second is short beside
// a measurement. Requires: the samples cover `at`.
Counters counters_at(std::span<const MemberSample> samples, std::uint64_t at) {
    const auto after = std::ranges::lower_bound(samples, at, {}, &MemberSample::at_nanoseconds);
    ELYTRA_ASSERT(after != samples.end());
    const Counters high = counters_of(*after);
    if (after == samples.begin() || after->at_nanoseconds == at) return high;
    const MemberSample& before = *(after - 1);
    const Counters low = counters_of(before);
    const double share = static_cast<double>(at - before.at_nanoseconds) /
                         static_cast<double>(after->at_nanoseconds - before.at_nanoseconds);
    return {.cpu_microseconds =
                low.cpu_microseconds + share * (high.cpu_microseconds - low.cpu_microseconds),
            .written_bytes = low.written_bytes + share * (high.written_bytes - low.written_bytes),
            .switches = low.switches + share * (high.switches - low.switches)};
}

// The last sample may be taken one interval before the end of the measurement; what is missing is
// then left out of the count.
bool covers(std::span<const MemberSample> samples, const TrafficWindow& window) {
    if (samples.size() < 2) return false;
    const std::uint64_t slack = (window.end - window.begin) / 10;
    return samples.front().at_nanoseconds <= window.begin + slack &&
           samples.back().at_nanoseconds + slack >= window.end;
}

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

void add_latency(json& metrics, const NamedLatency& latency,
                 std::span<const NamedQuantile> quantiles) {
    if (latency.histogram.count() == 0) return;
    const std::string prefix = std::string(latency.name) + ".";
    for (const auto& [name, quantile] : quantiles) {
        if (!latency.histogram.supports(quantile)) continue;
        metrics[prefix + name] = static_cast<double>(latency.histogram.at(quantile));
    }
    metrics[prefix + "max"] = static_cast<double>(latency.histogram.max());
}

void add_members(json& metrics, const run::MeasurementOutcome& outcome) {
    std::uint64_t rss_max = 0;
    std::uint64_t ready_max = 0;
    for (const run::MemberOutcome& member : outcome.members) {
        if (member.exit.has_value()) rss_max = std::max(rss_max, member.exit->usage.max_rss_bytes);
        for (const MemberSample& sample : member.samples) {
            rss_max = std::max(rss_max, sample.rss_bytes);
        }
        ready_max = std::max(ready_max, member.ready_nanoseconds);
    }
    if (rss_max > 0) metrics["member.rss_max"] = static_cast<double>(rss_max);
    if (ready_max > 0) metrics["member.ready_ms"] = static_cast<double>(ready_max) / 1e6;
}

}  // namespace

std::optional<EventCost> event_cost(const run::MeasurementOutcome& outcome) {
    if (!outcome.traffic.has_value() || outcome.traffic->measurement.accepted == 0) {
        return std::nullopt;
    }
    const TrafficWindow window = measurement_window(*outcome.traffic);
    EventCost cost;
    for (const run::MemberOutcome& member : outcome.members) {
        const std::span<const MemberSample> samples = member.samples;
        if (!covers(samples, window)) return std::nullopt;
        const std::uint64_t end = std::min(window.end, samples.back().at_nanoseconds);
        const Counters before = counters_at(samples, window.begin);
        const Counters after = counters_at(samples, end);
        cost.cpu_microseconds += after.cpu_microseconds - before.cpu_microseconds;
        cost.written_bytes += after.written_bytes - before.written_bytes;
        cost.switches += after.switches - before.switches;
    }
    const double events = static_cast<double>(outcome.traffic->measurement.accepted);
    return EventCost{.cpu_microseconds = cost.cpu_microseconds / events,
                     .written_bytes = cost.written_bytes / events,
                     .switches = cost.switches / events};
}

double generator_busy(const TrafficResult& traffic) {
    double busy = 0;
    for (const elytra::bench::GeneratorThread& thread : traffic.threads) {
        busy = std::max(busy, ratio(static_cast<double>(thread.cpu_nanoseconds),
                                    static_cast<double>(thread.nanoseconds)));
    }
    return busy;
}

double audit_share(const TrafficResult& traffic) {
    double audit = 0;
    double all = 0;
    for (const elytra::bench::GeneratorThread& thread : traffic.threads) {
        audit += static_cast<double>(thread.audit_nanoseconds);
        all += static_cast<double>(thread.cpu_nanoseconds);
    }
    return ratio(audit, all);
}

double rate_of(std::uint64_t events, const TrafficResult& traffic) {
    return ratio(static_cast<double>(events),
                 static_cast<double>(traffic.measurement_nanoseconds) / 1e9);
}

json measurement_metrics(const run::MeasurementOutcome& outcome,
                         std::span<const NamedQuantile> quantiles) {
    json metrics = json::object();
    if (!outcome.traffic.has_value()) return metrics;
    const TrafficResult& traffic = *outcome.traffic;
    const elytra::bench::TrafficCounts& counts = traffic.measurement;
    metrics["throughput"] = rate_of(counts.accepted, traffic);
    metrics["load.offered"] = rate_of(counts.offered, traffic);
    for (const NamedLatency& latency : named_latencies(traffic.latency)) {
        add_latency(metrics, latency, quantiles);
    }
    const double offered = static_cast<double>(counts.offered);
    metrics["load.late_fraction"] = ratio(static_cast<double>(counts.late), offered);
    metrics["load.dropped_fraction"] = ratio(static_cast<double>(counts.dropped), offered);
    metrics["generator.busy"] = generator_busy(traffic);
    metrics["generator.audit_share"] = audit_share(traffic);
    add_members(metrics, outcome);
    if (const std::optional<EventCost> cost = event_cost(outcome)) {
        metrics["cost.cpu_us_per_event"] = cost->cpu_microseconds;
        metrics["cost.written_bytes_per_event"] = cost->written_bytes;
        metrics["cost.switches_per_event"] = cost->switches;
    }
    return metrics;
}

}  // namespace elytractl::report
