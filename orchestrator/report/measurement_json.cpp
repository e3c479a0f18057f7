#include "orchestrator/report/measurement_json.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/driver/usage_json.hpp"
#include "bench/load/histogram_log.hpp"
#include "orchestrator/report/latency_json.hpp"
#include "orchestrator/report/machine_json.hpp"
#include "orchestrator/report/measurement_metrics.hpp"
#include "orchestrator/report/optional_json.hpp"
#include "orchestrator/report/traffic_window.hpp"

namespace elytractl::report {
namespace {

using elytra::nanoseconds_per_millisecond;
using elytra::bench::TrafficCounts;
using elytra::bench::TrafficInterval;
using elytra::bench::TrafficPhase;
using elytra::bench::TrafficResult;
using nlohmann::json;

std::string_view to_text(run::Completion completion) {
    switch (completion) {
        case run::Completion::complete:
            return "complete";
        case run::Completion::member_failed:
            return "member_failed";
        case run::Completion::timed_out:
            return "timed_out";
        case run::Completion::load_failed:
            return "load_failed";
        case run::Completion::interrupted:
            return "interrupted";
    }
    return {};
}

std::string_view to_text(run::ExitReason reason) {
    switch (reason) {
        case run::ExitReason::stopped:
            return "stopped";
        case run::ExitReason::killed_by_us:
            return "killed_by_us";
        case run::ExitReason::exited:
            return "exited";
        case run::ExitReason::signalled:
            return "signalled";
        case run::ExitReason::out_of_memory:
            return "out_of_memory";
        case run::ExitReason::disk_full:
            return "disk_full";
        case run::ExitReason::port_taken:
            return "port_taken";
        case run::ExitReason::never_ready:
            return "never_ready";
    }
    return {};
}

std::string_view to_text(TrafficPhase phase) {
    switch (phase) {
        case TrafficPhase::setup:
            return "setup";
        case TrafficPhase::warm_up:
            return "warm_up";
        case TrafficPhase::measurement:
            return "measurement";
        case TrafficPhase::drain:
            return "drain";
    }
    return {};
}

double milliseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

json counts_json(const TrafficCounts& counts) {
    return {{"offered", counts.offered},   {"sent", counts.sent}, {"answered", counts.answered},
            {"accepted", counts.accepted}, {"late", counts.late}, {"dropped", counts.dropped},
            {"requests", counts.requests}};
}

json rates_json(const TrafficResult& traffic) {
    const TrafficCounts& counts = traffic.measurement;
    const double offered = static_cast<double>(counts.offered);
    const auto fraction = [offered](std::uint64_t part) {
        return offered > 0 ? static_cast<double>(part) / offered : 0.0;
    };
    return {{"offered", rate_of(counts.offered, traffic)},
            {"accepted", rate_of(counts.accepted, traffic)},
            {"late_fraction", fraction(counts.late)},
            {"dropped_fraction", fraction(counts.dropped)}};
}

json exit_json(const std::optional<elytra::io::ChildExit>& exit) {
    if (!exit.has_value()) return nullptr;
    return {{"status", or_null(exit->exit_code)}, {"signal", exit->signal}};
}

json usage_json(const std::optional<elytra::io::ChildExit>& exit) {
    return exit.has_value() ? elytra::bench::usage_json(exit->usage) : json(nullptr);
}

json driver_json(const run::DriverOutcome& driver) {
    return {{"name", driver.name},
            {"pid", driver.pid},
            {"command", driver.command},
            {"environment", driver.environment},
            {"exit", exit_json(driver.exit)},
            {"usage", usage_json(driver.exit)},
            {"busy", or_null(driver.busy)},
            {"log", driver.log_path}};
}

json generator_json(const run::MeasurementOutcome& outcome) {
    const TrafficResult& traffic = *outcome.traffic;
    json threads = json::array();
    for (const elytra::bench::GeneratorThread& thread : traffic.threads) {
        threads.push_back({{"cpu_ns", thread.cpu_nanoseconds},
                           {"ns", thread.nanoseconds},
                           {"audit_ns", thread.audit_nanoseconds}});
    }
    json drivers = json::array();
    for (const run::DriverOutcome& driver : outcome.drivers) drivers.push_back(driver_json(driver));
    return {{"threads", std::move(threads)},
            {"drivers", std::move(drivers)},
            {"busy", generator_busy(traffic)},
            {"audit_share", audit_share(traffic)}};
}

json audit_json(const elytra::bench::AuditReport& audit) {
    return {{"enabled", audit.enabled},
            {"events_checked", audit.events_checked},
            {"accounts_checked", audit.accounts_checked},
            {"findings", audit.findings}};
}

json interval_row(const TrafficInterval& interval) {
    const elytra::bench::LatencyHistogram& batch = interval.batch;
    const bool any = batch.count() > 0;
    const TrafficCounts& counts = interval.counts;
    return {milliseconds(interval.start_nanoseconds),
            milliseconds(interval.nanoseconds),
            to_text(interval.phase),
            counts.offered,
            counts.accepted,
            counts.late,
            counts.dropped,
            any ? json(batch.at({50, 100})) : json(nullptr),
            any ? json(batch.at({99, 100})) : json(nullptr),
            any ? json(batch.max()) : json(nullptr)};
}

json traffic_series_json(const TrafficResult& traffic) {
    json rows = json::array();
    for (const TrafficInterval& interval : traffic.intervals) {
        rows.push_back(interval_row(interval));
    }
    return {{"columns",
             {"at_ms", "length_ms", "phase", "offered", "accepted", "late", "dropped", "p50_us",
              "p99_us", "max_us"}},
            {"rows", std::move(rows)}};
}

json member_series_json(const std::vector<run::MemberSample>& samples) {
    json rows = json::array();
    for (const run::MemberSample& sample : samples) {
        rows.push_back({milliseconds(sample.at_nanoseconds), sample.rss_bytes,
                        sample.cpu_user_microseconds, sample.cpu_system_microseconds,
                        sample.read_bytes, sample.written_bytes, sample.switches_voluntary,
                        sample.switches_involuntary, sample.faults_minor, sample.faults_major,
                        sample.file_bytes});
    }
    return {{"columns",
             {"at_ms", "rss", "cpu_user_us", "cpu_system_us", "read_bytes", "written_bytes",
              "switches_voluntary", "switches_involuntary", "faults_minor", "faults_major",
              "file_bytes"}},
            {"rows", std::move(rows)}};
}

json member_json(const run::MemberOutcome& member) {
    return {{"name", member.name},
            {"address", member.address},
            {"command", member.command},
            {"environment_bytes", member.environment_bytes},
            {"reason", member.reason.has_value() ? json(to_text(*member.reason)) : json(nullptr)},
            {"reason_text", member.reason_text},
            {"exit", exit_json(member.exit)},
            {"usage", usage_json(member.exit)},
            {"file",
             {{"empty_bytes", member.file_empty.apparent},
              {"empty_allocated", member.file_empty.allocated},
              {"bytes", member.file_final.apparent},
              {"allocated", member.file_final.allocated}}},
            {"format_ms", milliseconds(member.format_nanoseconds)},
            {"ready_ms", milliseconds(member.ready_nanoseconds)},
            {"proportional_bytes", or_null(member.proportional_bytes)},
            {"log", member.log_path},
            {"series", member_series_json(member.samples)}};
}

json members_json(const run::MeasurementOutcome& outcome) {
    json members = json::array();
    for (const run::MemberOutcome& member : outcome.members) members.push_back(member_json(member));
    return members;
}

json marks_json(const std::vector<run::Mark>& marks) {
    json list = json::array();
    for (const run::Mark& mark : marks) {
        list.push_back({{"at_ms", milliseconds(mark.at_nanoseconds)},
                        {"kind", mark.kind},
                        {"member", mark.member}});
    }
    return list;
}

json cost_json(const std::optional<EventCost>& cost) {
    if (!cost.has_value()) return nullptr;
    return {{"cpu_us_per_event", cost->cpu_microseconds},
            {"written_bytes_per_event", cost->written_bytes},
            {"switches_per_event", cost->switches}};
}

// A matrix names its values as JSON text; the result holds them as what they are.
json cell_json(const std::map<std::string, std::string>& cell) {
    json values = json::object();
    for (const auto& [pointer, text] : cell) {
        const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
        values[pointer] = value.is_discarded() ? json(text) : value;
    }
    return values;
}

void add_traffic(json& measurement, const run::MeasurementOutcome& outcome,
                 std::span<const NamedQuantile> quantiles) {
    const TrafficResult& traffic = *outcome.traffic;
    measurement["started"] = iso_time(traffic.started);
    measurement["phases"] = {{"setup_ns", traffic.setup_nanoseconds},
                             {"warm_up_ns", traffic.warm_up_nanoseconds},
                             {"measurement_ns", traffic.measurement_nanoseconds},
                             {"drain_ns", traffic.drain_nanoseconds}};
    measurement["carried"] = {
        {"in", traffic.carried_in}, {"out", traffic.carried_out}, {"followed", traffic.followed}};
    measurement["transfers_before"] =
        outcome.transfers_earlier +
        elytra::bench::transfers_accepted(traffic.warm_up, traffic.warm_up_latency);
    measurement["counts"] = counts_json(traffic.measurement);
    measurement["warm_up_counts"] = counts_json(traffic.warm_up);
    measurement["rates"] = rates_json(traffic);
    measurement["latency"] = latencies_json(traffic.latency, quantiles);
    measurement["warm_up_latency"] = latencies_json(traffic.warm_up_latency, quantiles);
    measurement["generator"] = generator_json(outcome);
    measurement["audit"] = audit_json(traffic.audit);
    measurement["series"] = traffic_series_json(traffic);
}

json errors_json(const run::MeasurementOutcome& outcome) {
    std::vector<std::string> errors = outcome.errors;
    if (!outcome.traffic.has_value()) return errors;
    for (const std::string& error : outcome.traffic->errors) {
        if (std::ranges::find(errors, error) == errors.end()) errors.push_back(error);
    }
    return errors;
}

std::string phase_lines(std::string_view prefix, const TrafficWindow& window,
                        const elytra::bench::TrafficLatency& latency) {
    std::string lines;
    for (const NamedLatency& part : named_latencies(latency)) {
        if (part.histogram.count() == 0) continue;
        const std::string tag = std::string(prefix) + std::string(part.name);
        lines += elytra::bench::histogram_log_line(
            {.tag = tag,
             .start_milliseconds = window.begin / nanoseconds_per_millisecond,
             .length_milliseconds = (window.end - window.begin) / nanoseconds_per_millisecond},
            part.histogram);
    }
    return lines;
}

}  // namespace

json measurement_json(const run::MeasurementOutcome& outcome, const statistics::Verdict& verdict,
                      std::span<const double> percentiles) {
    const std::vector<NamedQuantile> quantiles = named_quantiles(percentiles);
    json measurement{{"index", outcome.index},
                     {"role", outcome.role},
                     {"subject", outcome.subject},
                     {"cell", cell_json(outcome.cell)},
                     {"rate", or_null(outcome.rate)},
                     {"repeat", outcome.repeat},
                     {"completion", to_text(outcome.completion)},
                     {"steady", outcome.steady},
                     {"errors", errors_json(outcome)},
                     {"left_behind", outcome.left_behind},
                     {"members", members_json(outcome)},
                     {"host", host_json(outcome)},
                     {"system", system_json(outcome)},
                     {"foreign", foreign_json(outcome)},
                     {"marks", marks_json(outcome.marks)},
                     {"cost", cost_json(event_cost(outcome))},
                     {"metrics", measurement_metrics(outcome, quantiles)},
                     {"verdict", to_json(verdict)}};
    if (outcome.traffic.has_value()) add_traffic(measurement, outcome, quantiles);
    return with_valid_text(measurement);
}

std::string measurement_histogram_log(const run::MeasurementOutcome& outcome) {
    if (!outcome.traffic.has_value()) return {};
    const TrafficResult& traffic = *outcome.traffic;
    std::string log = elytra::bench::histogram_log_header(traffic.started);
    for (const TrafficInterval& interval : traffic.intervals) {
        log += elytra::bench::histogram_log_line(
            {.tag = "batch.interval",
             .start_milliseconds = interval.start_nanoseconds / nanoseconds_per_millisecond,
             .length_milliseconds = interval.nanoseconds / nanoseconds_per_millisecond},
            interval.batch);
    }
    log += phase_lines("warm_up.", warm_up_window(traffic), traffic.warm_up_latency);
    log += phase_lines("", measurement_window(traffic), traffic.latency);
    return log;
}

}  // namespace elytractl::report
