#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bench/load/traffic_result.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/phase.hpp"

namespace elytractl::run {

// A measurement is about to begin; nothing has been created yet.
struct MeasurementAnnounced {
    std::uint32_t index = 0;  // in the plan, from 0
    std::uint32_t total = 1;  // of the plan
    std::string subject{};
    std::map<std::string, std::string> cell{};
    std::optional<double> rate{};
    std::uint32_t repeat = 0;
    std::uint32_t members = 1;
    std::string data_folder{};
    std::uint64_t data_bytes = 0;  // that the data files need at least, over all members
    bool ephemeral = true;         // the data files go when the measurement ends
    // How long the load is likely to take, for a progress bar.
    std::uint64_t warm_up_nanoseconds = 0;
    std::uint64_t measurement_nanoseconds = 0;
};

struct PhaseEntered {
    Phase phase = Phase::idle;
};

struct MemberStarted {
    std::string member{};
    std::int64_t pid = 0;
    std::vector<std::string> command{};
};

struct MemberListening {
    std::string member{};
    std::string address{};
};

// All intervals of about a second together, for those who watch.
struct RecentTraffic {
    std::uint64_t nanoseconds = 0;
    elytra::bench::TrafficCounts counts{};
    std::uint64_t p50_microseconds = 0;
    std::uint64_t p99_microseconds = 0;
    std::uint64_t max_microseconds = 0;
};

struct IntervalPassed {
    elytra::bench::TrafficPhase phase = elytra::bench::TrafficPhase::warm_up;
    std::uint64_t nanoseconds = 0;
    elytra::bench::TrafficCounts counts{};
    std::uint64_t p50_microseconds = 0;
    std::uint64_t p99_microseconds = 0;
    std::uint64_t max_microseconds = 0;
    RecentTraffic recent{};  // until the end of this interval
};

struct MemberSampled {
    std::string member{};
    double cpu = 0;  // processors in use since the sample before: 1.5 is one and a half
    MemberSample sample{};
};

struct MarkSeen {
    Mark mark{};
};

struct MemberEnded {
    std::string member{};
    ExitReason reason = ExitReason::stopped;
    std::string text{};
};

// A wait is over, or something else went wrong.
struct TroubleSeen {
    std::string text{};
};

struct InterruptSeen {
    std::uint32_t count = 1;
};

struct MeasurementEnded {
    std::uint32_t index = 0;
    Completion completion = Completion::complete;
    bool steady = false;
};

using Happening = std::variant<MeasurementAnnounced, PhaseEntered, MemberStarted, MemberListening,
                               IntervalPassed, MemberSampled, MarkSeen, MemberEnded, TroubleSeen,
                               InterruptSeen, MeasurementEnded>;

struct Event {
    std::uint64_t at_nanoseconds = 0;  // since the start of the run
    Happening what;
};

}  // namespace elytractl::run
