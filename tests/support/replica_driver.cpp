#include "tests/support/replica_driver.hpp"

#include <utility>

#include "server/common/assert.hpp"
#include "server/common/job.hpp"
#include "server/storage/formatter.hpp"

namespace elytra::test {

ReplicaPools::ReplicaPools(const Limits& limits)
    : replica(vsr::Replica::messages_needed(limits), wire::message_size_max),
      requests(std::size_t{2} * (limits.sessions_max + limits.pipeline_ops_max) + 8,
               wire::message_size_max) {}

void format(MemoryDisk& disk, const Limits& limits) {
    storage::IoQueue io;
    storage::Formatter formatter(limits, identity_of_one, io);
    formatter.start();
    while (formatter.status() == storage::FormatStatus::formatting) {
        disk.submit(io);
        const MemoryDisk::Completion done = disk.complete(0);
        formatter.on_io_done(done.token, done.status);
    }
    ELYTRA_ASSERT(formatter.status() == storage::FormatStatus::done);
}

ReplicaDriver::ReplicaDriver(MemoryDisk& disk, ReplicaPools& pools,
                             const vsr::ReplicaOptions& options)
    : disk_(disk), replica_(options, pools.replica) {
    replica_.on_tick(now_, wall_);
}

void ReplicaDriver::start_open() {
    replica_.open();
    execute_effects();
}

vsr::ReplicaStatus ReplicaDriver::open() {
    start_open();
    settle();
    return replica_.status();
}

void ReplicaDriver::advance(std::uint64_t nanoseconds) {
    now_.nanoseconds += nanoseconds;
    wall_.nanoseconds += nanoseconds;
    replica_.on_tick(now_, wall_);
    execute_effects();
}

void ReplicaDriver::deliver(wire::MessageRef message) {
    replica_.on_message(std::move(message));
    execute_effects();
}

void ReplicaDriver::complete(std::size_t index) {
    const MemoryDisk::Completion done = disk_.complete(index);
    replica_.on_io_done(done.token, done.status);
    execute_effects();
}

void ReplicaDriver::run_job() {
    ELYTRA_ASSERT(!jobs_.empty());
    const storage::Compute compute = jobs_.front();
    jobs_.pop_front();
    compute.job->run();
    replica_.on_io_done(compute.token, storage::IoStatus::ok);
    execute_effects();
}

bool ReplicaDriver::work() {
    const bool worked = replica_.work();
    execute_effects();
    return worked;
}

void ReplicaDriver::settle() {
    while (true) {
        if (work()) continue;
        if (!jobs_.empty()) {
            run_job();
        } else if (disk_.in_flight() > 0) {
            complete(0);
        } else {
            return;
        }
    }
}

std::vector<vsr::ClientMessage> ReplicaDriver::take_sent() { return std::exchange(sent_, {}); }

void ReplicaDriver::execute_effects() {
    if (observer_) observer_(replica_.io_effects());
    disk_.submit(replica_.io_effects());
    for (const storage::Compute& compute : replica_.compute_effects()) jobs_.push_back(compute);
    for (const vsr::ClientMessage& message : replica_.client_messages()) sent_.push_back(message);
    for (const vsr::TraceEvent& trace : replica_.traces()) traces_.push_back(trace);
    replica_.clear_effects();
}

}  // namespace elytra::test
