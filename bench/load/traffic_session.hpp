#pragma once

#include <memory>
#include <utility>

#include "bench/load/traffic_worker.hpp"

namespace elytra::bench {

// A session of a worker, with the request in flight and, in a closed loop, the next one.
struct TrafficWorker::Session {
    Session(io::asio::io_context& loop, std::unique_ptr<TrafficPort> way)
        : port(std::move(way)), timer(loop) {}

    std::unique_ptr<TrafficPort> port;
    io::Timer timer;  // closed: prepares the next request, or ends the thinking
    TrafficRequest prepared;
    TrafficRequest in_flight;
    TrafficRequest answered;  // while its answer is checked and the next one is in flight
    AccountRange accounts;    // in flight instead, before and after the traffic
    Instant sent;
    bool holds_batch = false;  // open: in_flight is on its way to the server or to its answer
    SessionClock clock;
};

}  // namespace elytra::bench
