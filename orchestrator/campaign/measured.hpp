#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/statistics/recovery.hpp"
#include "orchestrator/statistics/validity.hpp"

namespace elytractl::campaign {

// What the rest of a campaign needs to know of a measurement that was made.
struct Measured {
    std::uint32_t index = 0;  // in the plan; measurements added on the way follow its last one
    plan::Role role = plan::Role::measurement;
    std::uint32_t subject = 0;
    std::uint32_t cell = 0;
    std::optional<std::uint32_t> block;
    std::optional<plan::Direction> direction;
    std::optional<double> rate_fraction;
    std::optional<double> rate;  // offered events a second, open loop
    run::Completion completion = run::Completion::complete;
    bool steady = false;
    bool answers_wrong = false;
    bool hung = false;                      // a member had to be killed at the end
    std::map<std::string, double> metrics;  // by their flat names
    // Of a step of a sweep: events that it had to serve besides its own, and that it left.
    std::uint64_t carried_in = 0;
    std::uint64_t carried_out = 0;
    std::uint64_t in_flight_max = 0;      // events; as many are carried when nothing waits
    std::uint64_t backlog_served = 0;     // as SweepStep::backlog_served
    std::vector<double> served_series{};  // events a second, one value an interval
    std::vector<double> p99_series{};     // microseconds, likewise
    std::optional<statistics::Recovery> recovery{};  // of the step that looks for it
    statistics::Verdict verdict;

    std::optional<double> metric(std::string_view name) const;
};

}  // namespace elytractl::campaign
