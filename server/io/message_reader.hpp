#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "server/common/result.hpp"
#include "server/io/tcp.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"

namespace elytra::io {

struct BodyDamaged {};

// Why nothing more can be read from a connection: the stream failed or ended, or its bytes are no
// messages.
using ReadError = std::variant<ErrorCode, wire::DecodeError, BodyDamaged>;

// Cuts whole messages with intact checksums out of the bytes of one connection. Between messages it
// holds no buffer: one is taken from the pool when a header announces what follows.
class MessageReader {
public:
    MessageReader(wire::MessagePool& pool, std::uint32_t message_size_max)
        : pool_(pool), message_size_max_(message_size_max) {}

    // The next message, or an empty reference when more has to arrive first, for which the caller
    // awaits the connection. After an error the connection is of no use.
    // Requires: the pool is not empty, unless holds_message().
    Result<wire::MessageRef, ReadError> next(Connection& connection);

    bool holds_message() const { return static_cast<bool>(message_); }

private:
    Result<bool, ReadError> fill_header(Connection& connection);
    Result<bool, ReadError> fill_body(Connection& connection);

    wire::MessagePool& pool_;
    std::uint32_t message_size_max_;
    std::array<std::byte, wire::header_size> header_{};
    std::uint32_t received_ = 0;  // bytes of the present message
    std::uint32_t size_ = 0;      // of the present message, once message_ is there
    wire::MessageRef message_;
};

}  // namespace elytra::io
