#include "orchestrator/run/ramp.hpp"

#include <algorithm>

#include "server/common/assert.hpp"

namespace elytractl::run {
namespace {

using elytra::bench::ArrivalOptions;
using elytra::bench::RateStretch;

// The rise begins at this part of the first rate: a schedule that starts from nothing would wait
// long for its first event.
constexpr std::uint64_t ramp_begin_divisor = 10;

}  // namespace

ArrivalOptions with_ramp(const ArrivalOptions& arrival, std::uint64_t ramp_nanoseconds,
                         std::uint64_t run_nanoseconds_max) {
    ELYTRA_ASSERT(!arrival.stretches.empty());
    if (ramp_nanoseconds == 0) return arrival;
    const std::uint64_t rate = arrival.stretches.front().rate_begin;
    ArrivalOptions ramped = arrival;
    ramped.stretches = {{.rate_begin = std::max<std::uint64_t>(rate / ramp_begin_divisor, 1),
                         .rate_end = rate,
                         .nanoseconds = ramp_nanoseconds}};
    if (arrival.stretches.size() == 1 && arrival.stretches.front().is_flat()) {
        ramped.stretches.push_back(
            {.rate_begin = rate, .rate_end = rate, .nanoseconds = run_nanoseconds_max});
        return ramped;
    }
    std::uint64_t written = 0;
    while (written < run_nanoseconds_max) {
        for (const RateStretch& stretch : arrival.stretches) {
            ramped.stretches.push_back(stretch);
            written += stretch.nanoseconds;
        }
        if (ramped.stretches.size() > ramp_stretches_max) return arrival;
    }
    return ramped;
}

}  // namespace elytractl::run
