#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "bench/load/traffic_result.hpp"

namespace elytra::bench {

// Makes one time series of those of all generator threads: the n-th intervals of all of them are
// one, which is complete when the last thread has given its own or has finished.
class IntervalMerger {
public:
    explicit IntervalMerger(std::size_t threads) : given_(threads), finished_(threads) {}

    // The next interval of a thread that has not finished.
    void add(std::size_t thread, const TrafficInterval& interval);

    // The thread gives nothing any more.
    void finish(std::size_t thread) { finished_[thread] = true; }

    // What has become complete since the last call.
    std::vector<TrafficInterval> take_complete();

private:
    bool first_complete() const;

    std::vector<std::uint64_t> given_;     // intervals, by thread
    std::vector<bool> finished_;           // by thread
    std::uint64_t taken_ = 0;              // intervals
    std::deque<TrafficInterval> pending_;  // those after the taken ones
};

}  // namespace elytra::bench
