#include "bench/load/traffic_result.hpp"

#include <algorithm>

namespace elytra::bench {

void TrafficCounts::add(const TrafficCounts& other) {
    offered += other.offered;
    sent += other.sent;
    answered += other.answered;
    accepted += other.accepted;
    late += other.late;
    dropped += other.dropped;
    requests += other.requests;
}

void TrafficLatency::merge(const TrafficLatency& other) {
    event.merge(other.event);
    batch.merge(other.batch);
    fill.merge(other.fill);
    queue.merge(other.queue);
    service.merge(other.service);
    query.merge(other.query);
    lag.merge(other.lag);
}

std::uint64_t transfers_accepted(const TrafficCounts& counts, const TrafficLatency& latency) {
    return counts.accepted - std::min(counts.accepted, latency.query.count());
}

}  // namespace elytra::bench
