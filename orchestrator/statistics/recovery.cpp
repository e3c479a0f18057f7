#include "orchestrator/statistics/recovery.hpp"

#include <fmt/format.h>

#include "server/common/time.hpp"

namespace elytractl::statistics {
namespace {

using elytra::bench::TrafficInterval;
using elytra::bench::TrafficPhase;

constexpr double answered_min = 0.99;  // of the offer
constexpr double p99_factor_max = 2;
constexpr std::size_t window_intervals_min = 4;
constexpr std::uint64_t window_nanoseconds = elytra::nanoseconds_per_second;
constexpr elytra::bench::Quantile p99{99, 100};

// Intervals that follow one another, together.
struct Window {
    std::size_t intervals = 0;
    std::uint64_t nanoseconds = 0;
    elytra::bench::TrafficCounts counts;
    elytra::bench::LatencyHistogram batch;

    void add(const TrafficInterval& interval) {
        ++intervals;
        nanoseconds += interval.nanoseconds;
        counts.add(interval.counts);
        batch.merge(interval.batch);
    }

    bool full() const {
        return intervals >= window_intervals_min && nanoseconds >= window_nanoseconds;
    }

    bool normal(double p99_normal) const {
        return batch.count() > 0 &&
               static_cast<double>(counts.answered) >=
                   answered_min * static_cast<double>(counts.offered) &&
               static_cast<double>(batch.at(p99)) <= p99_factor_max * p99_normal;
    }
};

// As much as a window takes, from the first interval on; not full where they are too few.
Window window_at(std::span<const TrafficInterval> intervals) {
    Window window;
    for (const TrafficInterval& interval : intervals) {
        if (window.full() || interval.phase == TrafficPhase::drain) break;
        window.add(interval);
    }
    return window;
}

}  // namespace

Recovery find_recovery(std::span<const TrafficInterval> intervals,
                       std::optional<double> p99_normal) {
    Recovery recovery;
    if (!p99_normal) {
        recovery.sentence = "that load was not served on the way up either";
        return recovery;
    }
    std::uint64_t last = 0;  // the 99th percentile, microseconds
    for (std::size_t first = 0; first < intervals.size(); ++first) {
        const Window window = window_at(intervals.subspan(first));
        if (!window.full()) break;
        if (window.normal(*p99_normal)) {
            recovery.nanoseconds = intervals[first].start_nanoseconds;
            recovery.sentence =
                fmt::format("served normally again {:.2f} s after the change of the rate",
                            static_cast<double>(*recovery.nanoseconds) / 1e9);
            return recovery;
        }
        last = window.batch.count() > 0 ? window.batch.at(p99) : 0;
    }
    recovery.sentence = fmt::format(
        "not served normally again while it was measured: p99 was {:.1f} ms at the end, {:.1f} ms "
        "on the way up",
        static_cast<double>(last) / 1000, *p99_normal / 1000);
    return recovery;
}

}  // namespace elytractl::statistics
