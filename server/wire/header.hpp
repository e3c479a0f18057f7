#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "server/common/int.hpp"

// The 256-byte headers of all messages, byte for byte as on the wire (byte tables: README.md beside
// this file). Everything is little-endian; only little-endian machines are supported.
namespace elytra::wire {

inline constexpr std::uint32_t header_size = 256;
inline constexpr std::uint32_t message_size_max = 1U << 20;
inline constexpr std::uint32_t body_size_max = message_size_max - header_size;
inline constexpr std::uint32_t register_body_size = 256;
inline constexpr std::uint32_t register_result_size = 64;

enum class Command : std::uint8_t {
    reserved = 0,
    ping_client = 3,
    pong_client = 4,
    request = 5,
    reply = 8,
    eviction = 18,
    prepare = 67,  // from 64 on: between our own replicas and in the log, never to a client
};

enum class EvictionReason : std::uint8_t {
    no_session = 1,
    client_release_too_low = 2,
    client_release_too_high = 3,
    invalid_request_operation = 4,
    invalid_request_body = 5,
    invalid_request_body_size = 6,
    session_too_low = 7,
    session_release_mismatch = 8,
};

// The half that all commands share. Commands and operations that arrive from outside are kept as
// raw bytes here, because any of the 256 values may come.
struct Frame {
    u128 checksum = 0;  // of bytes [16, 256) of the header
    u128 checksum_padding = 0;
    u128 checksum_body = 0;  // of the size - 256 bytes that follow
    u128 checksum_body_padding = 0;
    u128 nonce_reserved = 0;
    u128 cluster = 0;
    std::uint32_t size = header_size;
    std::uint32_t epoch = 0;
    std::uint32_t view = 0;
    std::uint32_t release = 0;
    std::uint16_t protocol = 0;
    std::uint8_t command = 0;
    std::uint8_t replica = 0;
    std::array<std::uint8_t, 12> reserved_frame{};
};

struct Header {
    Frame frame;
    std::array<std::uint8_t, 128> command_part{};
};

struct PingClientHeader {
    Frame frame;
    u128 client = 0;
    std::uint64_t ping_timestamp_monotonic = 0;
    std::uint64_t session = 0;
    std::array<std::uint8_t, 96> reserved{};
};

struct PongClientHeader {
    Frame frame;
    std::uint64_t ping_timestamp_monotonic = 0;
    std::array<std::uint8_t, 120> reserved{};
};

struct RequestHeader {
    Frame frame;
    u128 parent = 0;  // context of the previous reply of the session
    u128 parent_padding = 0;
    u128 client = 0;
    std::uint64_t session = 0;
    std::uint64_t timestamp = 0;
    std::uint32_t request = 0;
    std::uint8_t operation = 0;
    std::array<std::uint8_t, 3> padding{};
    std::uint32_t previous_request_latency = 0;
    std::array<std::uint8_t, 52> reserved{};
};

struct ReplyHeader {
    Frame frame;
    u128 request_checksum = 0;
    u128 request_checksum_padding = 0;
    u128 context = 0;
    u128 context_padding = 0;
    u128 client = 0;
    std::uint64_t op = 0;
    std::uint64_t commit = 0;
    std::uint64_t timestamp = 0;
    std::uint32_t request = 0;
    std::uint8_t operation = 0;
    std::array<std::uint8_t, 19> reserved{};
};

struct EvictionHeader {
    Frame frame;
    u128 client = 0;
    std::array<std::uint8_t, 111> reserved{};
    std::uint8_t reason = 0;
};

// Our own: a request in its place in the log. `checksum` identifies the whole prepare, because it
// covers checksum_body; `parent` chains it to the prepare of op - 1.
struct PrepareHeader {
    Frame frame;
    u128 parent = 0;            // checksum of the header of op - 1
    u128 request_checksum = 0;  // checksum of the request's header
    u128 client = 0;            // 0 for internal operations
    u128 checkpoint_id = 0;     // of a checkpoint that is durable on a quorum, 0 for none
    std::uint64_t op = 0;
    std::uint64_t commit = 0;  // highest op known committed when this one was prepared
    std::uint64_t timestamp = 0;
    std::uint64_t session = 0;
    std::uint32_t request = 0;
    std::uint8_t operation = 0;
    std::array<std::uint8_t, 27> reserved{};
};

template <class T>
concept HeaderType =
    sizeof(T) ==
    header_size&& std::is_trivially_copyable_v<T>&& std::has_unique_object_representations_v<T>;

static_assert(sizeof(Frame) == 128);
static_assert(HeaderType<Header> && HeaderType<PingClientHeader> && HeaderType<PongClientHeader>);
static_assert(HeaderType<RequestHeader> && HeaderType<ReplyHeader>);
static_assert(HeaderType<EvictionHeader> && HeaderType<PrepareHeader>);
static_assert(offsetof(Frame, size) == 96 && offsetof(Frame, release) == 108);
static_assert(offsetof(Frame, command) == 114 && offsetof(Frame, reserved_frame) == 116);
static_assert(offsetof(PingClientHeader, session) == 152);
static_assert(offsetof(RequestHeader, client) == 160 && offsetof(RequestHeader, session) == 176);
static_assert(offsetof(RequestHeader, request) == 192 && offsetof(RequestHeader, operation) == 196);
static_assert(offsetof(RequestHeader, reserved) == 204);
static_assert(offsetof(ReplyHeader, context) == 160 && offsetof(ReplyHeader, client) == 192);
static_assert(offsetof(ReplyHeader, op) == 208 && offsetof(ReplyHeader, timestamp) == 224);
static_assert(offsetof(ReplyHeader, request) == 232 && offsetof(ReplyHeader, operation) == 236);
static_assert(offsetof(EvictionHeader, reason) == 255);
static_assert(offsetof(PrepareHeader, op) == 192 && offsetof(PrepareHeader, operation) == 228);

}  // namespace elytra::wire
