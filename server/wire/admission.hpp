#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "server/wire/header.hpp"
#include "server/wire/release.hpp"

// Reasons to turn a client away that need no session. Sessions come after these: a request with an
// unknown session and a bad body is evicted for its body.
namespace elytra::wire {

struct AdmissionLimits {
    std::uint32_t request_size_max = message_size_max;  // header and body, bytes
    Release release_min = release_client_min;
    Release release_max = release_server;
};

// Requires: well_formed(header).
std::optional<EvictionReason> refuse_ping(const PingClientHeader& header,
                                          const AdmissionLimits& limits);

// A request that passes may still have to be dropped: for its session, then for a timestamp that is
// not 0. Requires: well_formed(header); `body` is the body it announces, intact.
std::optional<EvictionReason> refuse_request(const RequestHeader& header,
                                             std::span<const std::byte> body,
                                             const AdmissionLimits& limits);

}  // namespace elytra::wire
