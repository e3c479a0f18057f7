#include "orchestrator/statistics/validity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "orchestrator/statistics/change_point.hpp"

namespace elytractl::statistics {
namespace {

constexpr double busy_invalid = 0.9;
constexpr double busy_care = 0.7;
constexpr double ceiling_share_max = 0.5;
constexpr double lag_share_max = 0.1;
constexpr double served_min = 0.99;
constexpr double late_care = 0.01;
constexpr double dropped_invalid = 0.01;
constexpr double unanswered_invalid = 0.001;
constexpr double pressure_before_care = 0.1;
constexpr double pressure_memory_care = 0.01;
constexpr double foreign_care = 0.1;  // of one processor
constexpr double steal_care = 0.01;
constexpr double steal_invalid = 0.1;
constexpr double samples_above_min = 10;
constexpr double percentile_of_requests_max = 99;  // beyond it events are counted, not requests
constexpr double recorded_tolerance = 0.001;
constexpr double clock_tolerance = 0.01;
// More than any loopback moves. A result above it was not measured.
constexpr double bandwidth_max = 50e9;

double percent(double share) { return share * 100; }

double share_of(std::uint64_t part, std::uint64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string counted(std::uint32_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Reasons {
public:
    template <class... Values>
    void add(Severity severity, std::string_view code, fmt::format_string<Values...> text,
             Values&&... values) {
        found.push_back(
            {std::string(code), severity, fmt::format(text, std::forward<Values>(values)...)});
    }

    std::vector<Reason> found;
};

void judge_end(const MeasurementFacts& facts, Reasons& reasons) {
    if (!facts.complete) {
        reasons.add(Severity::invalid, "measurement_incomplete",
                    "The measurement did not run to its end.");
    }
    if (facts.answers_wrong) {
        reasons.add(Severity::invalid, "wrong_answers",
                    "The server gave wrong answers: how fast it gave them does not matter.");
    }
    if (facts.complete && facts.events_answered == 0) {
        reasons.add(Severity::invalid, "no_answers", "No event was answered while measured.");
    }
}

void judge_generator(const MeasurementFacts& facts, Reasons& reasons) {
    const double busy = facts.generator_busy;
    if (busy > busy_care) {
        const Severity severity = busy > busy_invalid ? Severity::invalid : Severity::care;
        reasons.add(severity, "generator_saturated",
                    "A thread of the generator was busy for {:.0f} % of the time: it, and not the "
                    "server, may have decided the numbers.",
                    percent(busy));
    }
    if (facts.driver_busy > busy_care) {
        const Severity severity =
            facts.driver_busy > busy_invalid ? Severity::invalid : Severity::care;
        reasons.add(severity, "driver_saturated",
                    "A load driver used {:.0f} % of a processor: it, and not the server, may have "
                    "decided the numbers.",
                    percent(facts.driver_busy));
    }
    if (facts.generator_ceiling && facts.seconds > 0) {
        const double rate = static_cast<double>(facts.events_answered) / facts.seconds;
        const double share = rate / *facts.generator_ceiling;
        if (share > ceiling_share_max) {
            reasons.add(Severity::invalid, "generator_near_ceiling",
                        "{:.0f} events/s are {:.0f} % of the {:.0f}/s that the generator reaches "
                        "without a server, at most {:.0f} % are trusted.",
                        rate, percent(share), *facts.generator_ceiling, percent(ceiling_share_max));
        }
    }
    if (!facts.open_loop || !facts.lag_p99 || !facts.response_p99 || *facts.response_p99 <= 0)
        return;
    const double share = *facts.lag_p99 / *facts.response_p99;
    if (share > lag_share_max) {
        reasons.add(Severity::invalid, "generator_lag",
                    "Requests were sent {:.2f} ms late at the 99th percentile, {:.0f} % of the "
                    "response time of {:.2f} ms: the generator or too few sessions, not the server "
                    "alone, decided the latency.",
                    *facts.lag_p99 / 1000, percent(share), *facts.response_p99 / 1000);
    }
}

void judge_offer(const MeasurementFacts& facts, Reasons& reasons) {
    if (!facts.open_loop) return;
    const double served = share_of(facts.events_answered, facts.events_offered);
    if (facts.seconds > 0 && facts.events_offered > 0 && served < served_min) {
        reasons.add(Severity::invalid, "rate_not_reached",
                    "Offered {:.0f}/s, served {:.0f}/s: the queue grew and latencies are "
                    "unbounded; lower the rate.",
                    static_cast<double>(facts.events_offered) / facts.seconds,
                    static_cast<double>(facts.events_answered) / facts.seconds);
    }
    const double late = share_of(facts.events_late, facts.events_offered);
    if (late > late_care) {
        reasons.add(Severity::care, "events_late",
                    "{:.2f} % of the events were sent late, {} of {}.", percent(late),
                    facts.events_late, facts.events_offered);
    }
    if (facts.events_dropped > 0) {
        const double dropped = share_of(facts.events_dropped, facts.events_offered);
        const Severity severity = dropped > dropped_invalid ? Severity::invalid : Severity::care;
        reasons.add(severity, "events_dropped",
                    "{:.2f} % of the events were never sent, {} of {}; they count with the time "
                    "they had waited.",
                    percent(dropped), facts.events_dropped, facts.events_offered);
    }
}

void judge_drain(const MeasurementFacts& facts, Reasons& reasons) {
    if (facts.events_unanswered == 0) return;
    const double share = share_of(facts.events_unanswered, facts.events_offered);
    const Severity severity = share > unanswered_invalid ? Severity::invalid : Severity::care;
    reasons.add(severity, "drain_cut",
                "{} events had no answer when the time to drain was over; their latency is at "
                "least what is shown.",
                facts.events_unanswered);
}

void judge_jump(const std::vector<double>& series, std::string_view name, Reasons& reasons) {
    const std::optional<ChangePoint> found =
        find_change_point(series, series_options(series.size()));
    if (!found) return;
    reasons.add(Severity::care, "change_point",
                "The {} changed within the measurement, after {:.0f} % of it, by {:+.1f} %: it has "
                "no single value.",
                name,
                percent(static_cast<double>(found->position) / static_cast<double>(series.size())),
                percent(found->size()));
}

void judge_steadiness(const MeasurementFacts& facts, Reasons& reasons) {
    if (!facts.steady) {
        reasons.add(Severity::care, "never_steady",
                    "The warm-up ended by its time limit: the system was never steady.");
    }
    judge_jump(facts.throughput_series, "throughput", reasons);
    judge_jump(facts.p99_series, "99th percentile", reasons);
}

void judge_pressure(const std::optional<double>& before, std::string_view resource,
                    Reasons& reasons) {
    if (!before || *before <= pressure_before_care) return;
    reasons.add(Severity::care, "busy_before",
                "{} pressure was {:.0f} % before the start: something else is running.", resource,
                percent(*before));
}

// One reason for all of them, so that a busy machine does not fill the verdict.
void judge_disturbers(const MeasurementFacts& facts, Reasons& reasons) {
    std::vector<std::string> named;
    for (const Disturber& other : facts.disturbers) {
        if (other.cpus <= foreign_care) continue;
        named.push_back(
            fmt::format("{} (process {}) {:.0f} %", other.name, other.pid, percent(other.cpus)));
    }
    if (named.empty()) return;
    reasons.add(Severity::care, "foreign_process",
                "Others used the processors while measured, in parts of one: {}.",
                fmt::join(named, ", "));
}

void judge_machine(const MeasurementFacts& facts, Reasons& reasons) {
    if (!facts.observed) {
        reasons.add(Severity::care, "not_observed",
                    "Nobody looked at members and machine while measured: /measure/observe is "
                    "false.");
    }
    judge_pressure(facts.pressure_cpu_before, "CPU", reasons);
    judge_pressure(facts.pressure_io_before, "I/O", reasons);
    if (facts.pressure_memory && *facts.pressure_memory > pressure_memory_care) {
        reasons.add(Severity::care, "memory_pressure",
                    "Memory pressure was {:.1f} % while measured: the machine is too small.",
                    percent(*facts.pressure_memory));
    }
    judge_disturbers(facts, reasons);
    if (facts.steal && *facts.steal > steal_care) {
        const Severity severity = *facts.steal > steal_invalid ? Severity::invalid : Severity::care;
        reasons.add(severity, "steal", "The host took {:.1f} % of the processors' time away.",
                    percent(*facts.steal));
    }
    if (!facts.governor.empty() && facts.governor != "performance") {
        reasons.add(Severity::care, "governor",
                    "The processors' governor is \"{}\", not \"performance\": their speed varies.",
                    facts.governor);
    }
    const std::uint32_t wanted = facts.replicas + facts.generator_threads + facts.drivers;
    if (facts.processors > 0 && wanted > facts.processors) {
        const std::string drivers =
            facts.drivers > 0 ? " and " + counted(facts.drivers, "load driver") : std::string();
        reasons.add(Severity::care, "cores_shared",
                    "{} and {} of the generator{} share {}: each takes time from the others.",
                    counted(facts.replicas, "replica"), counted(facts.generator_threads, "thread"),
                    drivers, counted(facts.processors, "processor"));
    }
    if (facts.slow_build) {
        reasons.add(Severity::care, "slow_build",
                    "The build checks itself slowly; it is not one to measure.");
    }
}

void judge_samples(const MeasurementFacts& facts, Reasons& reasons) {
    if (facts.events_answered == 0) return;
    for (const double percentile : facts.percentiles) {
        const bool of_requests = percentile <= percentile_of_requests_max;
        const std::uint64_t count = of_requests ? facts.requests_recorded : facts.events_recorded;
        const double outside = (100 - percentile) / 100;
        if (outside <= 0 || static_cast<double>(count) * outside >= samples_above_min - 1e-6)
            continue;
        reasons.add(Severity::care, "too_few_samples",
                    "{} {} are too few for p{:g}, which needs {:.0f}; it is not shown.", count,
                    of_requests ? "requests" : "events", percentile,
                    std::ceil(samples_above_min / outside - 1e-6));
        return;  // the percentiles above it need even more
    }
}

void judge_coverage(const MeasurementFacts& facts, Reasons& reasons) {
    if (facts.checkpoints_seen >= facts.checkpoints_asked) return;
    reasons.add(Severity::inconclusive, "coverage",
                "The measurement had to contain {} checkpoints and contained {}: measure longer.",
                facts.checkpoints_asked, facts.checkpoints_seen);
}

void judge_plausibility(const MeasurementFacts& facts, Reasons& reasons) {
    if (facts.seconds <= 0 || facts.events_answered == 0) return;
    const double missing = std::abs(static_cast<double>(facts.events_recorded) -
                                    static_cast<double>(facts.events_offered));
    const double allowed = static_cast<double>(facts.events_in_flight) +
                           recorded_tolerance * static_cast<double>(facts.events_offered);
    if (missing > allowed) {
        reasons.add(Severity::invalid, "histogram_total",
                    "The histogram holds {} events, {} were offered: the latencies are not those "
                    "of the load.",
                    facts.events_recorded, facts.events_offered);
    }
    if (facts.seconds_clock &&
        std::abs(*facts.seconds_clock - facts.seconds) > clock_tolerance * facts.seconds) {
        reasons.add(Severity::invalid, "clock",
                    "The measurement took {:.3f} s by one clock and {:.3f} s by another.",
                    facts.seconds, *facts.seconds_clock);
    }
    const double bytes =
        static_cast<double>(facts.events_answered) * facts.event_bytes / facts.seconds;
    if (bytes > bandwidth_max) {
        reasons.add(Severity::invalid, "bandwidth",
                    "The answered events are {:.0f} GB/s of requests, more than a loopback moves.",
                    bytes / 1e9);
    }
}

Usability usability_of(Severity severity) {
    constexpr std::array<Usability, 3> worst{Usability::usable_with_care, Usability::inconclusive,
                                             Usability::invalid};
    return worst[static_cast<std::size_t>(severity)];
}

// A reason of several measurements.
struct Counted {
    Reason worst;
    std::size_t measurements = 0;
    std::size_t last = 0;  // the index of the measurement that was counted last
};

void count(const Reason& reason, std::size_t measurement, std::vector<Counted>& counted) {
    const auto known =
        std::ranges::find(counted, reason.code, [](const Counted& one) { return one.worst.code; });
    if (known == counted.end()) {
        counted.push_back({.worst = reason, .measurements = 1, .last = measurement});
        return;
    }
    if (reason.severity > known->worst.severity) known->worst = reason;
    if (known->last == measurement) return;
    known->last = measurement;
    ++known->measurements;
}

}  // namespace

std::string_view severity_name(Severity severity) {
    constexpr std::array<std::string_view, 3> names{"care", "inconclusive", "invalid"};
    return names[static_cast<std::size_t>(severity)];
}

std::string_view usability_name(Usability usability) {
    constexpr std::array<std::string_view, 4> names{"USABLE", "USABLE WITH CARE", "INCONCLUSIVE",
                                                    "INVALID"};
    return names[static_cast<std::size_t>(usability)];
}

Verdict verdict_of(std::vector<Reason> reasons) {
    std::ranges::stable_sort(reasons, std::ranges::greater(), &Reason::severity);
    Verdict verdict{.usability = Usability::usable, .reasons = std::move(reasons)};
    if (!verdict.reasons.empty()) {
        verdict.usability = usability_of(verdict.reasons.front().severity);
    }
    return verdict;
}

Verdict judge_measurement(const MeasurementFacts& facts) {
    Reasons reasons;
    judge_end(facts, reasons);
    judge_generator(facts, reasons);
    judge_offer(facts, reasons);
    judge_drain(facts, reasons);
    judge_plausibility(facts, reasons);
    judge_steadiness(facts, reasons);
    judge_coverage(facts, reasons);
    judge_samples(facts, reasons);
    judge_machine(facts, reasons);
    return verdict_of(std::move(reasons.found));
}

Verdict judge_run(std::span<const Verdict> measurements, std::vector<Reason> reasons) {
    std::vector<Counted> counted;
    for (std::size_t index = 0; index < measurements.size(); ++index) {
        for (const Reason& reason : measurements[index].reasons) {
            count(reason, index, counted);
        }
    }
    for (Counted& one : counted) {
        if (one.measurements < measurements.size()) {
            one.worst.text = fmt::format("In {} of {} measurements: {}", one.measurements,
                                         measurements.size(), one.worst.text);
        }
        reasons.push_back(std::move(one.worst));
    }
    return verdict_of(std::move(reasons));
}

}  // namespace elytractl::statistics
