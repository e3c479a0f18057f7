#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/common/prng.hpp"
#include "server/common/time.hpp"
#include "server/vsr/replica.hpp"
#include "tests/sim/device.hpp"
#include "tests/sim/executor.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/sim_client.hpp"
#include "tests/sim/storage_audit.hpp"
#include "tests/sim/tally.hpp"
#include "tests/sim/workload.hpp"
#include "tests/support/replica_driver.hpp"

namespace elytra::sim {

enum class Trace : bool { off, full };

// One replica, its disk, its clients and the network between them, in virtual time. run() plays a
// plan to its end or throws a Violation. Everything follows from the plan.
class World {
public:
    World(const Plan& plan, Trace trace);

    RunResult run();

private:
    struct Connection {
        std::uint64_t number = 0;
        std::uint64_t turn_next = 0;  // earliest turn of the next connection
    };

    enum class Phase : std::uint8_t { faults, calm, closing };

    // The shape of a turn is that of the production loop: completions, time, messages, effects,
    // work.
    void turn();
    void pass_time();
    void complete_io();
    void complete_jobs();
    void deliver(std::vector<Packet>& packets);
    void deliver_to_replica(const Packet& packet);
    void execute_effects();
    void send_to_client(vsr::ClientMessage out);
    wire::MessageRef with_bug(const wire::MessageRef& message);
    void watch_status();
    void check_state_on_disk();
    void move_clients();

    void start();
    void crash(Device::Crash kind);
    void crash_when_drawn();
    void damage_media();
    void damage_reads();
    void damage(MediaFault fault);
    void damage_next_write();
    void on_failed();

    void run_until_calm();
    bool everybody_idle() const;

    bool over() const { return refused_; }

    bool running() const { return replica_.has_value(); }

    bool normal() const;

    // The disk has no damage that the run knows of.
    bool audited() const { return damaged_.empty() && !write_damaged_; }

    Limits limits_of_replica() const;
    WallTime wall() const;
    void trace_line(const char* what, std::uint64_t first, std::uint64_t second) const;

    Plan plan_;
    Trace trace_;
    Prng prng_;
    Device device_;
    Executor executor_;
    test::ReplicaPools pools_;
    test::ReplicaPools pools_of_copies_;
    Network network_;
    Workload workload_;
    History history_;
    StorageAudit audit_;
    std::vector<std::unique_ptr<SimClient>> clients_;
    std::vector<Connection> connections_;
    std::optional<vsr::Replica> replica_;

    Phase phase_ = Phase::faults;
    std::uint64_t turn_ = 0;
    Instant now_{nanoseconds_per_second};
    std::uint64_t wall_base_ = 1'000'000 * nanoseconds_per_second;
    std::uint64_t restart_at_ = 0;
    bool was_normal_ = false;
    bool was_short_of_space_ = false;
    bool worked_ = false;
    bool refused_ = false;
    std::vector<Zone> damaged_;  // in order
    bool write_damaged_ = false;
    Tally tally_;
};

}  // namespace elytra::sim
