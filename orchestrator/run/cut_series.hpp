#pragma once

#include <cstdint>

#include "orchestrator/run/outcome.hpp"

namespace elytractl::run {

// Since the start of the traffic.
struct TimeSpan {
    std::uint64_t begin_nanoseconds = 0;
    std::uint64_t end_nanoseconds = UINT64_MAX;
};

// Leaves of the samples of members and host, and of the marks, what lies in the span, and counts
// their times from its begin. The first sample after the end stays too: it says how counters stood
// there.
void cut_series(MeasurementOutcome& outcome, const TimeSpan& span);

}  // namespace elytractl::run
