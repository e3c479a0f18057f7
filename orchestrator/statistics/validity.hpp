#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elytractl::statistics {

// Another process than those of the measurement.
struct Disturber {
    std::string name;
    int pid = 0;
    double cpus = 0;  // mean; 1 is all of one processor
};

// What the verdict of a measurement stands on. Shares are 0 to 1, rates events a second, times
// microseconds unless their name says otherwise. What is not known is absent and is not judged.
struct MeasurementFacts {
    bool complete = true;  // the measurement ended as planned
    bool open_loop = false;
    bool steady = true;
    bool observed = true;  // members and machine were looked at while measured
    bool answers_wrong = false;
    bool slow_build = false;  // a server or generator with assertions that are not to be measured

    double seconds = 0;                   // of the measurement
    std::optional<double> seconds_clock;  // the same from another clock or sum
    std::uint64_t events_offered = 0;
    std::uint64_t events_answered = 0;
    std::uint64_t events_late = 0;
    std::uint64_t events_dropped = 0;
    std::uint64_t events_unanswered = 0;  // sent, and the drain time was over
    std::uint64_t events_recorded = 0;    // in the histogram of events
    std::uint64_t events_in_flight = 0;   // at most, which either end of the measurement may cut
    std::uint64_t requests_recorded = 0;  // in the histogram of requests
    double event_bytes = 128;

    std::optional<double> response_p99;
    std::optional<double> lag_p99;
    double generator_busy = 0;                // the busiest thread's share of its processor
    double driver_busy = 0;                   // the busiest load driver's use of processors
    std::optional<double> generator_ceiling;  // of `bench null` on this machine

    std::vector<double> throughput_series;  // of the measurement, one value an interval
    std::vector<double> p99_series;

    std::optional<double> pressure_cpu_before;  // PSI, of the last 10 s before the start
    std::optional<double> pressure_io_before;
    std::optional<double> pressure_memory;  // mean while measured
    std::optional<double> steal;            // mean while measured
    std::vector<Disturber> disturbers;      // while measured, the busiest first
    std::string governor;

    std::uint32_t processors = 0;
    std::uint32_t replicas = 0;
    std::uint32_t generator_threads = 0;
    std::uint32_t drivers = 0;  // processes that are a part of the generator

    std::vector<double> percentiles;  // that were asked for: 99.9
    std::uint32_t checkpoints_asked = 0;
    std::uint32_t checkpoints_seen = 0;
};

enum class Severity : std::uint8_t { care, inconclusive, invalid };

std::string_view severity_name(Severity severity);

struct Reason {
    std::string code;  // "generator_saturated"
    Severity severity = Severity::care;
    std::string text;  // a sentence with the numbers

    bool operator==(const Reason&) const = default;
};

enum class Usability : std::uint8_t { usable, usable_with_care, inconclusive, invalid };

// "USABLE", "USABLE WITH CARE", "INCONCLUSIVE", "INVALID".
std::string_view usability_name(Usability usability);

struct Verdict {
    Usability usability = Usability::usable;
    std::vector<Reason> reasons;  // the worst first
};

// The worst reason decides.
Verdict verdict_of(std::vector<Reason> reasons);

Verdict judge_measurement(const MeasurementFacts& facts);

// Of a run: the reasons of its measurements, each code once with how many of them it concerns, and
// what concerns the run as a whole.
Verdict judge_run(std::span<const Verdict> measurements, std::vector<Reason> reasons = {});

}  // namespace elytractl::statistics
