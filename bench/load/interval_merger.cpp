#include "bench/load/interval_merger.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"

namespace elytra::bench {

void IntervalMerger::add(std::size_t thread, const TrafficInterval& interval) {
    ELYTRA_ASSERT(!finished_[thread] && given_[thread] >= taken_);
    const std::size_t place = given_[thread] - taken_;
    ++given_[thread];
    if (place == pending_.size()) return pending_.push_back(interval);
    TrafficInterval& merged = pending_[place];
    ELYTRA_ASSERT(merged.start_nanoseconds == interval.start_nanoseconds);
    // The last one of a thread ends when the thread does.
    merged.nanoseconds = std::max(merged.nanoseconds, interval.nanoseconds);
    merged.counts.add(interval.counts);
    merged.batch.merge(interval.batch);
}

bool IntervalMerger::first_complete() const {
    for (std::size_t thread = 0; thread < given_.size(); ++thread) {
        if (!finished_[thread] && given_[thread] == taken_) return false;
    }
    return true;
}

std::vector<TrafficInterval> IntervalMerger::take_complete() {
    std::vector<TrafficInterval> complete;
    while (!pending_.empty() && first_complete()) {
        complete.push_back(std::move(pending_.front()));
        pending_.pop_front();
        ++taken_;
    }
    return complete;
}

}  // namespace elytra::bench
