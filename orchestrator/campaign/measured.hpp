#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/run/outcome.hpp"
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
    statistics::Verdict verdict;

    std::optional<double> metric(std::string_view name) const;
};

}  // namespace elytractl::campaign
