#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/progress/view_state.hpp"
#include "orchestrator/run/event.hpp"
#include "server/common/time.hpp"

namespace elytractl::progress {

inline constexpr std::uint64_t line_interval_nanoseconds = 5 * elytra::nanoseconds_per_second;

// A run as lines that are only appended, for logs: one for each phase, and one for each five
// seconds of load.
class PlainLines {
public:
    // What to print after this event; `state` has it applied already.
    std::vector<std::string> lines(const run::Event& event, const ViewState& state);

private:
    std::uint64_t last_traffic_ = 0;
};

// What is said of an event whichever way the rest is shown: troubles, where the data files are, how
// a measurement ended. Empty for the others.
std::string lasting_line(const run::Event& event);

}  // namespace elytractl::progress
