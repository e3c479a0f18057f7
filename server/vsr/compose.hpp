#pragma once

#include <cstdint>
#include <span>

#include "server/common/strong.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"
#include "server/wire/operation.hpp"

// Builds the messages that a replica sends and logs. Pure: everything comes in as arguments.
namespace elytra::vsr {

// Who speaks: goes into every message.
struct Speaker {
    ClusterId cluster;
    ReplicaIndex replica;
    View view;
};

// The place that an op takes in the log.
struct LogPlace {
    Op op;
    u128 parent = 0;  // checksum of the prepare header of op - 1
    Op commit;        // highest op known committed
    std::uint64_t timestamp = 0;
    u128 checkpoint_id = 0;
};

// Turns a request into the prepare of `place`, in its own buffer: the body and its checksum stay as
// the client sent them. Requires: the message holds a well-formed request.
void request_to_prepare(wire::Message& message, const Speaker& speaker, const LogPlace& place);

// Fills `message` with the prepare of an operation without client and body.
void make_internal_prepare(wire::Message& message, const Speaker& speaker, const LogPlace& place,
                           wire::Operation operation);

// Completes a reply whose body of `body_size` bytes is already in `message`.
void make_reply(wire::Message& message, const Speaker& speaker, const wire::PrepareHeader& prepare,
                std::uint32_t body_size);

// A stored reply as it is sent again in a newer view: only view and checksum change (wire
// spec, 4.5).
void raise_view(wire::ReplyHeader& reply, View view);

void make_pong(wire::Message& message, const Speaker& speaker, const wire::PingClientHeader& ping);

void make_eviction(wire::Message& message, const Speaker& speaker, ClientId client,
                   wire::EvictionReason reason);

}  // namespace elytra::vsr
