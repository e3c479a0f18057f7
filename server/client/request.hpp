#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/wire/message.hpp"
#include "server/wire/operation.hpp"

namespace elytra::client {

// Makes the first `body_size` bytes of the body area a request body: sets the size and the checksum
// of the body, the two parts of a header that cost time. May be done while another request is in
// flight. Requires: body_size within the capacity of the message.
void prepare_request(wire::Message& message, std::uint32_t body_size);

// Encodes `events` as the one batch of a request body into `destination`, with a trailer where the
// operation has one; returns the size of the body.
// Requires: whole events, no more than wire::events_max(), room for them in the destination.
std::uint32_t encode_batch(wire::Operation operation, std::span<const std::byte> events,
                           std::span<std::byte> destination);

// Completes a body whose events were written directly to its begin; returns the size of the body.
std::uint32_t finish_batch(wire::Operation operation, std::size_t events_size,
                           std::span<std::byte> destination);

// The results of the only batch of a reply to `operation`.
// Requires: an operation with results, and a reply that the session has taken.
std::span<const std::byte> results_of(wire::Operation operation, const wire::Message& reply);

// Whether `reply` is the body of an answer to the request body `request`: as many batches, whole
// results, and no more of them than the request can cause. Requires: wire::body_valid(request).
bool reply_body_valid(wire::Operation operation, std::span<const std::byte> request,
                      std::span<const std::byte> reply);

}  // namespace elytra::client
