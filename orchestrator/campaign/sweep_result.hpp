#pragma once

#include <optional>
#include <span>
#include <vector>

#include "orchestrator/campaign/measured.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/statistics/sweep.hpp"

namespace elytractl::campaign {

// Requires: of a sweep.
statistics::SweepStep sweep_step(const Measured& measured);

// The rates measured so far on the way up and down, in the order of measuring. What did not
// complete is left out.
std::vector<statistics::SweepStep> sweep_steps(std::span<const Measured> measured);

// How the load of the last measurement came back to normal after the overload before it, from its
// series. Requires: it is a recovery step.
statistics::Recovery recovery_of(std::span<const Measured> measured,
                                 std::span<const elytra::bench::TrafficInterval> intervals);

// `p99_max_microseconds` is the objective for the knee, if there is one.
report::Sweep sweep_result(std::span<const Measured> measured,
                           std::optional<double> p99_max_microseconds);

// What the closed-loop probe accepted; none before it has been made.
std::optional<double> probed_rate(std::span<const Measured> measured);

}  // namespace elytractl::campaign
