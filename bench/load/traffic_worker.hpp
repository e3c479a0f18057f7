#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/audit/auditor.hpp"
#include "bench/load/backlog.hpp"
#include "bench/load/closed_supply.hpp"
#include "bench/load/traffic_options.hpp"
#include "bench/load/traffic_port.hpp"
#include "bench/load/traffic_recorder.hpp"
#include "bench/load/traffic_request.hpp"
#include "bench/load/traffic_result.hpp"
#include "bench/load/traffic_timeline.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/common/time.hpp"
#include "server/io/asio.hpp"
#include "server/io/precise_timer.hpp"
#include "server/io/timer.hpp"

namespace elytra::bench {

// What a generator thread has to tell when its part of the traffic, or of a step, is over.
struct WorkerReport {
    TrafficCounts warm_up;
    TrafficCounts measurement;
    TrafficLatency warm_up_latency;
    TrafficLatency latency;
    GeneratorThread thread;
    std::uint64_t unanswered = 0;      // requests
    std::uint64_t carried_events = 0;  // into the next step
};

// Called on the worker's loop.
struct WorkerEvents {
    std::function<void()> on_registered;
    std::function<void()> on_accounts_created;  // the worker's share
    std::function<void(std::vector<TrafficInterval>)> on_intervals;
    std::function<void(WorkerReport)> on_step_ended;  // and another has begun
    std::function<void(WorkerReport)> on_drained;
    std::function<void()> on_read_back;
    std::function<void(std::string)> on_failed;  // nothing is called after it
};

struct WorkerShare {
    std::uint32_t index = 0;  // of the worker
    std::uint32_t count = 1;  // workers
};

// One generator: its share of the sessions, of the units and of the schedule. Lives on one loop, on
// which everything is called. The steps follow one another: connect, create_accounts, run, and
// after the end of the timeline perhaps read_back.
class TrafficWorker {
public:
    // Requires: validate(options), share.count == options.threads. The timeline outlives it.
    TrafficWorker(io::asio::io_context& loop, const TrafficOptions& options, WorkerShare share,
                  const TrafficTimeline& timeline);
    TrafficWorker(const TrafficWorker&) = delete;
    TrafficWorker& operator=(const TrafficWorker&) = delete;
    ~TrafficWorker();

    // Registers the sessions, for each of which there is a port. Once.
    void connect(std::vector<std::unique_ptr<TrafficPort>> ports, WorkerEvents events);

    void create_accounts();

    // Sends until the end of the timeline, which has begun, and of those that follow it.
    void run();

    // The timeline has got an end.
    void on_end_known() { on_tick(); }

    // Compares the balances of all accounts with those of `auditor`, into which all workers are
    // merged and which nobody else touches meanwhile.
    void read_back(Auditor& auditor);

    // Between the steps.
    const Auditor& auditor() const { return auditor_; }

private:
    struct Session;

    struct AccountRange {
        std::uint64_t first = 0;
        std::uint64_t count = 0;
    };

    using Reply = TrafficPort::Reply;

    // traffic_worker.cpp: what comes before and after the traffic
    void on_registered(const Result<void, std::string>& registered);
    void create_next_accounts(Session& session);
    void on_accounts_created(Session& session, const Reply& reply);
    void read_next_accounts(Session& session);
    void on_accounts_read(Session& session, const Reply& reply);
    std::optional<AccountRange> take_accounts(const Session& session);
    void arm_patience(const char* step);
    bool at_rest() const;
    void fail(const std::string& reason);

    // traffic_flow.cpp: the traffic
    void settle(Instant now);
    void settle_in_step(Instant now);
    void begin_next_step();
    void begin_recording();
    Arrivals arrivals() const;
    void arrive(Instant end);
    WorkerReport report() const;
    void begin_measurement();
    void end_measurement();
    void begin_drain();
    void drop_backlog();
    void give_up_answers();
    void finish_if_drained();
    void finish(Instant now);
    void on_tick();
    void report_intervals();
    void pump();
    void prepare(Session& session);
    void begin(Session& session);
    void send_prepared(Session& session, Instant now);
    void submit(Session& session, Instant now);
    void on_reply(Session& session, const Reply& reply);
    std::uint64_t check(const TrafficRequest& request, Session& session,
                        std::span<const std::byte> results);
    void go_on(Session& session);

    Audited audited() const { return options_.audit ? Audited::yes : Audited::no; }

    bool is_open() const { return options_.arrival.model == ArrivalModel::open; }

    io::asio::io_context& loop_;
    TrafficOptions options_;
    WorkerShare share_;
    const TrafficTimeline* timeline_;  // of the present step
    WorkerEvents events_;
    MixedStream stream_;
    Auditor auditor_;
    ClosedSupply supply_;                      // closed
    std::optional<Backlog> backlog_;           // open, from run() on
    std::optional<TrafficRecorder> recorder_;  // from run() on
    std::vector<std::unique_ptr<Session>> sessions_;
    io::PreciseTimer pace_timer_;  // open: the next batch is ready
    io::Timer tick_timer_;         // the interval ends
    io::Timer patience_timer_;     // of whatever has to come to an end

    std::size_t registered_ = 0;      // sessions
    std::uint64_t account_next_ = 0;  // of this worker's part
    std::uint64_t account_end_ = 0;
    Auditor* read_back_auditor_ = nullptr;  // during read_back()
    bool measuring_ = false;                // thread_ counts since the measurement began
    bool draining_ = false;
    bool finished_ = false;
    bool failed_ = false;
    GeneratorThread thread_;
    std::uint64_t unanswered_ = 0;
};

}  // namespace elytra::bench
