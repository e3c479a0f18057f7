#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/result.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"

// The checks that make received bytes a message, cheapest and least trusting first: decode_header()
// as soon as a header is there, body_intact() and the cluster when the message is complete - a
// failure closes the connection - and then well_formed(), whose failure drops the message.
namespace elytra::wire {

inline constexpr std::uint8_t addresses_max = 6;  // replicas a client can be configured with

enum class DecodeError : std::uint8_t { checksum_mismatch, unknown_command, size_out_of_range };

// The size of the message that starts with these bytes, as spoken between clients and servers.
// Requires: at least header_size bytes, at any alignment; `size_max` bounds whole messages.
Result<std::uint32_t, DecodeError> decode_header(std::span<const std::byte> bytes,
                                                 std::uint32_t size_max);

template <HeaderType T>
bool header_intact(const T& header) {
    return header.frame.checksum == checksum_of_header(header);
}

// Requires: decode_header() accepted the header, and the whole body is there.
bool body_intact(const Message& message);

// The rules of a single header. Requires: header_intact(), a size within the limits of messages.
bool well_formed(const PingClientHeader& header);
bool well_formed(const PongClientHeader& header);
// A timestamp is refused later, only after every reason to evict; see admission.hpp.
bool well_formed(const RequestHeader& header);
bool well_formed(const ReplyHeader& header);
bool well_formed(const EvictionHeader& header);
bool well_formed(const PrepareHeader& header);

}  // namespace elytra::wire
