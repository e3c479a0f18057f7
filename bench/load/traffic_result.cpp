#include "bench/load/traffic_result.hpp"

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

}  // namespace elytra::bench
