#include "bench/load/traffic_timeline.hpp"

#include <algorithm>

#include "server/common/assert.hpp"

namespace elytra::bench {

TrafficPhase TrafficTimeline::phase_at(Instant instant) const {
    if (instant >= end()) return TrafficPhase::drain;
    return instant >= measurement() ? TrafficPhase::measurement : TrafficPhase::warm_up;
}

Instant TrafficTimeline::boundary_after(Instant instant) const {
    ELYTRA_ASSERT(instant >= start_);
    const Instant end = this->end();
    const std::uint64_t origin = (instant >= end ? end : start_).nanoseconds;
    const std::uint64_t passed = (instant.nanoseconds - origin) / interval_nanoseconds_;
    const Instant boundary{origin + (passed + 1) * interval_nanoseconds_};
    return instant < end ? std::min(boundary, end) : boundary;
}

}  // namespace elytra::bench
