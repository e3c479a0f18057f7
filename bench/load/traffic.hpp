#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/load/driver_port.hpp"
#include "bench/load/traffic_options.hpp"
#include "bench/load/traffic_result.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"

namespace elytra::bench {

struct TrafficEvents {
    std::function<void()> on_ready;  // sessions are registered and accounts exist
    std::function<void(const TrafficInterval&)> on_interval;  // each interval of a running phase
    std::function<void(TrafficResult)> on_step{};  // of a step that begin_step() has ended
    std::function<void(TrafficResult)> on_done;    // the last thing, on success or not
};

// Traffic to a cluster until told to end. Owns its generator threads, each with its own loop and
// sessions; events are called on the loop given, which keeps running until on_done, and which the
// calls below come from. The phases follow one another as the owner says: start, begin_warm_up,
// begin_measurement, finish; an open traffic may go on with another schedule after each
// measurement. May be destroyed by on_done, by no other of its events.
class Traffic {
public:
    // Requires: validate(options), 1 to wire::addresses_max addresses.
    Traffic(io::asio::io_context& loop, const TrafficOptions& options,
            const std::vector<io::Address>& addresses, TrafficEvents events);
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;
    ~Traffic();  // ends and joins the threads; nothing is reported any more

    // Registers and creates the accounts; on_ready follows, or on_done with errors. With `drivers`,
    // one for each client, the sessions are theirs; their pipes are closed when we are destroyed.
    // Once.
    void start(std::vector<DriverPipes> drivers = {});

    // The schedule begins now. Requires: on_ready was called.
    void begin_warm_up();

    // Counts and histograms of the measurement begin with the next interval; what arrived before
    // belongs to the warm-up. No pause between them. Requires: begin_warm_up().
    void begin_measurement();

    // The present step ends with the next interval, and the warm-up of another begins, with a
    // schedule of its own: a function of the options, their seed, the number of the step and the
    // time since its begin. Nothing is drained: what waits or is in flight then goes on, counts in
    // the step where it arrived with what it has waited until then (TrafficResult), and as sent and
    // answered where that happens. on_step tells what was measured. Requires: an open traffic, its
    // measurement has begun, on_step has been called for the begin_step() before.
    void begin_step(const ArrivalOptions& arrival);

    // No further arrivals; sends what waits, waits for answers, reads all balances where audited,
    // then on_done. Allowed in every phase.
    void finish();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace elytra::bench
