#pragma once

#include "bench/load/traffic_worker.hpp"

namespace elytra::bench {

// A session of a worker, with the request in flight and, in a closed loop, the next one.
struct TrafficWorker::Session {
    Session(io::asio::io_context& loop, const io::ClientOptions& options)
        : client(loop, options), timer(loop) {}

    io::Client client;
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
