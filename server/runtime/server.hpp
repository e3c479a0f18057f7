#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "server/io/asio.hpp"
#include "server/io/data_file.hpp"
#include "server/io/job_thread.hpp"
#include "server/io/logging.hpp"
#include "server/io/storage_backend.hpp"
#include "server/io/tcp.hpp"
#include "server/runtime/growth_warning.hpp"
#include "server/runtime/message_bus.hpp"
#include "server/runtime/trace_log.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/message.hpp"

namespace elytra::runtime {

struct ServerOptions {
    vsr::ReplicaOptions replica;
    io::IoEngine engine = io::IoEngine::automatic;
};

// The production world of a replica: feeds it from sockets, disk and clocks, and carries out its
// effects. Owns the loop's turns; everything runs on the thread that calls run(), but for the
// replica's jobs, which have a thread of their own. The data file and the loop outlive it.
class Server {
public:
    Server(io::asio::io_context& loop, const io::DataFile& file, const ServerOptions& options,
           io::Log log);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Opens the data file and replays the log. Returns when the replica is normal, or has refused.
    vsr::ReplicaStatus open();

    const vsr::Replica& replica() const { return replica_; }

    // Takes connections from now on. Requires: open() made the replica normal.
    void serve(io::Listener& listener);

    // Runs until stop().
    void run();

    void stop() { stopping_ = true; }

private:
    // How often time passes for an idle replica (wire spec: the tick of clients and servers).
    static constexpr std::chrono::milliseconds tick{10};

    void turn();
    void arm_tick();
    void on_io_done(std::span<const io::IoCompletion> completions);
    void execute_effects();
    void watch_growth();
    void watch_storage();
    void stop_failed() const;

    io::asio::io_context& loop_;
    const io::DataFile& file_;
    io::Log log_;
    wire::MessagePool pool_replica_;
    wire::MessagePool pool_receive_;
    vsr::Replica replica_;
    std::unique_ptr<io::StorageBackend> storage_;
    io::JobThread jobs_;               // ends before the replica, which owns what they work on
    std::unique_ptr<MessageBus> bus_;  // once the cluster is known
    io::asio::steady_timer tick_timer_;
    TraceLog trace_log_;
    GrowthWarning growth_warning_;
    std::optional<Instant> space_ran_out_;  // when the present shortage began
    bool work_left_ = false;
    bool stopping_ = false;
};

}  // namespace elytra::runtime
