#include "server/runtime/server.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/common/text.hpp"
#include "server/io/clock.hpp"
#include "server/io/fatal.hpp"
#include "server/runtime/trace_log.hpp"

namespace elytra::runtime {
namespace {

// Clients wait while the data file cannot grow; after this long somebody has to look.
constexpr std::uint64_t space_shortage_nanoseconds_max = 60 * nanoseconds_per_second;

std::size_t receive_buffers(const Limits& limits) {
    return MessageBus::connections_max + limits.sessions_max + limits.pipeline_ops_max;
}

}  // namespace

Server::Server(io::asio::io_context& loop, const io::DataFile& file, const ServerOptions& options,
               io::Log log)
    : loop_(loop),
      file_(file),
      log_(std::move(log)),
      pool_replica_(vsr::Replica::messages_needed(options.replica.limits), wire::message_size_max),
      pool_receive_(receive_buffers(options.replica.limits), wire::message_size_max),
      replica_(options.replica, pool_replica_),
      jobs_(loop, [this](std::span<const io::IoCompletion> done) { on_io_done(done); }),
      tick_timer_(loop),
      trace_log_(log_.scoped("replica")),
      growth_warning_(options.replica.storage_size_max) {
    const io::StorageSetup setup{
        .loop = loop, .file = file, .log = log_.scoped("io"), .engine = options.engine};
    auto storage = io::make_storage(
        setup, [this](std::span<const io::IoCompletion> done) { on_io_done(done); });
    if (!storage.has_value()) io::fatal(io::ExitCode::refused, storage.error());
    storage_ = std::move(*storage);
    arm_tick();
}

vsr::ReplicaStatus Server::open() {
    replica_.open();
    execute_effects();
    while (replica_.status() != vsr::ReplicaStatus::normal &&
           replica_.status() != vsr::ReplicaStatus::failed) {
        turn();
    }
    return replica_.status();
}

void Server::serve(io::Listener& listener) {
    ELYTRA_ASSERT(replica_.status() == vsr::ReplicaStatus::normal);
    bus_ = std::make_unique<MessageBus>(replica_.superblock().identity.cluster, pool_receive_,
                                        log_.scoped("message_bus"));
    listener.start([this](io::Socket socket) { bus_->accept(std::move(socket)); });
}

void Server::run() {
    while (!stopping_) turn();
}

// One turn of the loop: wait for events, hand over what came, carry out the effects. While the
// replica has work of its own the loop only looks, so that the work and the I/O that it waits for
// overlap.
void Server::turn() {
    if (!work_left_) loop_.run_one();
    loop_.poll();
    replica_.on_tick(io::monotonic_now(), io::wall_now());
    if (bus_ != nullptr) {
        for (wire::MessageRef& message : bus_->take_received()) {
            replica_.on_message(std::move(message));
        }
    }
    execute_effects();
    work_left_ = replica_.work();
    execute_effects();
    if (bus_ != nullptr) bus_->resume();
    watch_storage();
}

void Server::arm_tick() {
    tick_timer_.expires_after(tick);
    tick_timer_.async_wait([this](io::ErrorCode error) {
        if (!error) arm_tick();
    });
}

void Server::on_io_done(std::span<const io::IoCompletion> completions) {
    for (const io::IoCompletion& completion : completions) {
        replica_.on_io_done(completion.token, completion.status);
    }
}

void Server::execute_effects() {
    if (!replica_.io_effects().empty()) storage_->submit(replica_.io_effects());
    jobs_.submit(replica_.compute_effects());
    for (const vsr::ClientMessage& out : replica_.client_messages()) {
        if (bus_ != nullptr) bus_->send(out.client, out.message);
    }
    for (const vsr::TraceEvent& trace : replica_.traces()) {
        trace_log_.write(trace);
        if (trace.kind == vsr::TraceKind::checkpoint_finished) watch_growth();
    }
    replica_.clear_effects();
}

void Server::watch_growth() {
    const std::uint64_t size = file_.size();
    const auto mark = growth_warning_.passed(size);
    if (!mark.has_value()) return;
    log_.warning(
        "the data file has {} bytes, {} % of its limit; at the limit the server ends: plan a "
        "larger --limit-storage",
        size, *mark);
}

void Server::watch_storage() {
    using Shortage = storage::CheckpointStore::Shortage;
    if (bus_ != nullptr && replica_.status() == vsr::ReplicaStatus::failed) stop_failed();
    const Shortage shortage = replica_.shortage();
    if (shortage == Shortage::size_limit) {
        io::fatal(io::ExitCode::growth_above_limit,
                  "the data file would grow beyond its limit; start again with a larger "
                  "--limit-storage");
    }
    if (shortage == Shortage::none) {
        space_ran_out_.reset();
        return;
    }
    const Instant now = io::monotonic_now();
    if (!space_ran_out_.has_value()) {
        space_ran_out_ = now;
        log_.error("no space left to grow the data file; clients wait until there is some");
    }
    if (now.nanoseconds - space_ran_out_->nanoseconds < space_shortage_nanoseconds_max) return;
    io::fatal(io::ExitCode::no_space,
              "no space left to grow the data file for 60 s; free some on its device and start "
              "again: nothing acknowledged is lost");
}

// A replica that was normal can go on no more.
void Server::stop_failed() const {
    const vsr::OpenFault& fault = replica_.open_fault();
    if (fault.kind != vsr::OpenFault::Kind::checkpoint_data) {
        io::fatal(io::ExitCode::storage_failed,
                  "the superblock could not be read back after it was written; check the device "
                  "and start again: nothing acknowledged is lost");
    }
    io::fatal(io::ExitCode::storage_failed,
              fmt::format("{}: checkpoint data (segment {}, page {}) at offset {}, {} bytes, is "
                          "damaged (checksum mismatch); no wrong answer was given; restore the "
                          "file from a backup",
                          file_.path(), fault.store.segment_id, fault.store.index,
                          fault.store.offset, fault.store.size));
}

}  // namespace elytra::runtime
