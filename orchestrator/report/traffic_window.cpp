#include "orchestrator/report/traffic_window.hpp"

#include <algorithm>

namespace elytractl::report {
namespace {

using elytra::bench::TrafficInterval;
using elytra::bench::TrafficPhase;
using elytra::bench::TrafficResult;

// Where the series has the phase, its intervals say when it was; otherwise the phases are laid end
// to end.
TrafficWindow window_of(const TrafficResult& traffic, TrafficPhase phase, TrafficWindow laid) {
    bool found = false;
    for (const TrafficInterval& interval : traffic.intervals) {
        if (interval.phase != phase) continue;
        if (!found) laid = {.begin = interval.start_nanoseconds, .end = 0};
        laid.end = std::max(laid.end, interval.start_nanoseconds + interval.nanoseconds);
        found = true;
    }
    return laid;
}

}  // namespace

TrafficWindow warm_up_window(const TrafficResult& traffic) {
    const std::uint64_t begin = traffic.setup_nanoseconds;
    return window_of(traffic, TrafficPhase::warm_up,
                     {.begin = begin, .end = begin + traffic.warm_up_nanoseconds});
}

TrafficWindow measurement_window(const TrafficResult& traffic) {
    const std::uint64_t begin = traffic.setup_nanoseconds + traffic.warm_up_nanoseconds;
    return window_of(traffic, TrafficPhase::measurement,
                     {.begin = begin, .end = begin + traffic.measurement_nanoseconds});
}

}  // namespace elytractl::report
