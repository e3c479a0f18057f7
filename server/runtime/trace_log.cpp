#include "server/runtime/trace_log.hpp"

#include <string_view>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/text.hpp"
#include "server/io/clock.hpp"
#include "server/wire/header.hpp"
#include "server/wire/release.hpp"

namespace elytra::runtime {
namespace {

std::string_view to_text(vsr::DropReason reason) {
    switch (reason) {
        case vsr::DropReason::malformed:
            return "a field breaks the protocol";
        case vsr::DropReason::not_normal:
            return "the replica is still opening";
        case vsr::DropReason::view_from_the_future:
            return "its view is above ours";
        case vsr::DropReason::session_order:
            return "its number does not continue the session";
        case vsr::DropReason::in_progress:
            return "the client's request is being executed";
        case vsr::DropReason::queue_full:
            return "the queue is full";
        case vsr::DropReason::not_for_a_server:
            return "its command is not for a server";
        case vsr::DropReason::no_buffer:
            return "every message buffer is in use";
    }
    ELYTRA_ASSERT(false);
}

std::string_view to_text(wire::EvictionReason reason) {
    switch (reason) {
        case wire::EvictionReason::no_session:
            return "it has no session";
        case wire::EvictionReason::client_release_too_low:
            return "its release is too low";
        case wire::EvictionReason::client_release_too_high:
            return "its release is too high";
        case wire::EvictionReason::invalid_request_operation:
            return "unknown operation";
        case wire::EvictionReason::invalid_request_body:
            return "invalid request body";
        case wire::EvictionReason::invalid_request_body_size:
            return "request too large";
        case wire::EvictionReason::session_too_low:
            return "its session is an older one";
        case wire::EvictionReason::session_release_mismatch:
            return "its release is not that of its session";
    }
    ELYTRA_ASSERT(false);
}

}  // namespace

TraceLog::TraceLog(io::Log log) : log_(std::move(log)) {}

void TraceLog::write(const vsr::TraceEvent& trace) {
    switch (trace.kind) {
        case vsr::TraceKind::request_dropped:
            return write_drop(trace);
        case vsr::TraceKind::client_evicted:
            return write_eviction(trace);
        case vsr::TraceKind::session_pushed_out:
            return log_.info("session table full: client {} pushed out by register op {}",
                             to_hex(trace.client), trace.first);
        case vsr::TraceKind::superblock_repaired:
            return log_.warning("superblock repaired: copy={}", trace.first);
        case vsr::TraceKind::log_recovered:
            return log_.info("log recovered: checkpoint at op {}, head at op {}", trace.first,
                             trace.second);
        case vsr::TraceKind::log_torn_ignored:
            return log_.info("{} unfinished, never acknowledged records ignored", trace.first);
        case vsr::TraceKind::became_normal:
            return log_.info("became primary, view {}, op {}", trace.first, trace.second);
        case vsr::TraceKind::scrub_found_damage:
            return log_.error(
                "scrub: {} bytes at offset {} of the data file are damaged; stop the server, see "
                "elytra inspect integrity, and restore a backup",
                trace.second, trace.first);
        case vsr::TraceKind::scrub_completed:
            return log_.info("scrub completed: blocks={} damaged={}", trace.first, trace.second);
        case vsr::TraceKind::checkpoint_started:
            return log_.debug("checkpoint started at op {}", trace.first);
        case vsr::TraceKind::checkpoint_finished:
            return log_.debug("checkpoint done at op {}, {} bytes in use", trace.first,
                              trace.second);
    }
}

void TraceLog::write_drop(const vsr::TraceEvent& trace) {
    ELYTRA_ASSERT(trace.first < reasons_max);
    const auto count = drops_[trace.first].admit(io::monotonic_now());
    if (!count.has_value()) return;
    log_.debug("message dropped: {} ({} times)", to_text(static_cast<vsr::DropReason>(trace.first)),
               *count);
}

void TraceLog::write_eviction(const vsr::TraceEvent& trace) {
    ELYTRA_ASSERT(trace.first < reasons_max);
    const auto count = evictions_[trace.first].admit(io::monotonic_now());
    if (!count.has_value()) return;
    const auto release = wire::Release{static_cast<std::uint32_t>(trace.second)};
    log_.warning("client {} of release {} evicted: {} ({} times)", to_hex(trace.client),
                 wire::to_text(release), to_text(static_cast<wire::EvictionReason>(trace.first)),
                 *count);
}

}  // namespace elytra::runtime
