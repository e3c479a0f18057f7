#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/time.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/superblock_copy.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/message.hpp"
#include "tests/support/memory_disk.hpp"

namespace elytra::test {

// What the worlds of a replica own in its place. Outlives the replica; may serve several, one after
// the other.
struct ReplicaPools {
    explicit ReplicaPools(const Limits& limits);

    wire::MessagePool replica;
    wire::MessagePool requests;
};

// The file of a cluster of one, as tests format it.
inline constexpr storage::Identity identity_of_one{.cluster = ClusterId{7},
                                                   .replica = ReplicaIndex{0},
                                                   .replica_count = 1,
                                                   .standby = false,
                                                   .release = wire::release_server.value};

// Formats the disk for limits.
void format(MemoryDisk& disk, const Limits& limits);

// A replica on a disk in memory, driven step by step by a test. Time stands still unless it is
// moved.
class ReplicaDriver {
public:
    using EffectsObserver = std::function<void(std::span<const storage::IoEffect>)>;

    // All of them outlive the driver.
    ReplicaDriver(MemoryDisk& disk, ReplicaPools& pools, const vsr::ReplicaOptions& options);
    ReplicaDriver(const ReplicaDriver&) = delete;
    ReplicaDriver& operator=(const ReplicaDriver&) = delete;

    // Called with what the replica asks of the disk, before the disk is asked.
    void observe_effects(EffectsObserver observer) { observer_ = std::move(observer); }

    vsr::Replica& replica() { return replica_; }

    // Begins to open the file; completions and work carry on with it.
    void start_open();

    // Opens the file and replays the log: normal, or failed.
    vsr::ReplicaStatus open();

    // Lets time pass and tells the replica.
    void advance(std::uint64_t nanoseconds);

    void set_wall(WallTime wall) { wall_ = wall; }

    void deliver(wire::MessageRef message);

    // Completes one I/O. Requires: the disk has one in flight.
    void complete(std::size_t index);

    // How many of the replica's jobs have not been reported.
    std::size_t jobs() const { return jobs_.size(); }

    // Runs the job that was asked for first, and reports it. Requires: there is one.
    void run_job();

    // One piece of the replica's work; false if it had none.
    bool work();

    // Everything that can be done without new inputs.
    void settle();

    // What the replica has sent since the last call.
    std::vector<vsr::ClientMessage> take_sent();

    const std::vector<vsr::TraceEvent>& traces() const { return traces_; }

private:
    void execute_effects();

    MemoryDisk& disk_;
    vsr::Replica replica_;
    Instant now_{nanoseconds_per_second};
    WallTime wall_{1'000 * nanoseconds_per_second};
    EffectsObserver observer_;
    std::deque<storage::Compute> jobs_;
    std::vector<vsr::ClientMessage> sent_;
    std::vector<vsr::TraceEvent> traces_;
};

}  // namespace elytra::test
