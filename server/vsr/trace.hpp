#pragma once

#include <cstdint>

#include "server/common/int.hpp"

namespace elytra::vsr {

// What an operator may want to know of the inside of a replica; the world turns it into log lines
// and counters. `client` and the two numbers mean what the comment of the kind says.
enum class TraceKind : std::uint8_t {
    request_dropped,      // first = DropReason
    client_evicted,       // client; first = wire::EvictionReason, second = client's release
    session_pushed_out,   // client; first = op of the register that needed the place
    superblock_repaired,  // first = number of the copy that was rewritten
    log_recovered,        // first = op of the checkpoint, second = head op
    log_torn_ignored,     // first = number of torn or superseded records that recovery ignored
    became_normal,        // first = view, second = head op
    checkpoint_started,   // first = op
    checkpoint_finished,  // first = op, second = bytes of the data file in use
    scrub_found_damage,   // first = offset in the data file, second = bytes
    scrub_completed,      // first = blocks verified since the start, second = damaged ones
};

enum class DropReason : std::uint8_t {
    malformed,
    not_normal,
    view_from_the_future,
    session_order,  // wire spec 4.4: an old, a skipped or a diverging request number
    in_progress,    // the client's previous copy is queued or executing
    queue_full,
    not_for_a_server,
    no_buffer,  // every message buffer is in use
};

struct TraceEvent {
    TraceKind kind{};
    u128 client = 0;
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

}  // namespace elytra::vsr
