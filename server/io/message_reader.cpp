#include "server/io/message_reader.hpp"

#include <cstring>
#include <span>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::io {

Result<wire::MessageRef, ReadError> MessageReader::next(Connection& connection) {
    if (!message_) {
        const auto complete = fill_header(connection);
        if (!complete.has_value()) return Unexpected(complete.error());
        if (!*complete) return wire::MessageRef();
    }
    const auto complete = fill_body(connection);
    if (!complete.has_value()) return Unexpected(complete.error());
    if (!*complete) return wire::MessageRef();
    if (!wire::body_intact(*message_)) return Unexpected(ReadError(BodyDamaged{}));
    received_ = 0;
    return std::exchange(message_, wire::MessageRef());
}

Result<bool, ReadError> MessageReader::fill_header(Connection& connection) {
    const auto count = connection.read(std::span(header_).subspan(received_));
    if (!count.has_value()) return Unexpected(ReadError(count.error()));
    received_ += narrow<std::uint32_t>(*count);
    if (received_ < wire::header_size) return false;
    const auto size = wire::decode_header(header_, message_size_max_);
    if (!size.has_value()) return Unexpected(ReadError(size.error()));
    ELYTRA_ASSERT(!pool_.empty());
    message_ = pool_.acquire();
    size_ = *size;
    std::memcpy(message_->receive_capacity().data(), header_.data(), header_.size());
    return true;
}

Result<bool, ReadError> MessageReader::fill_body(Connection& connection) {
    while (received_ < size_) {
        const auto room = message_->receive_capacity().subspan(received_, size_ - received_);
        const auto count = connection.read(room);
        if (!count.has_value()) return Unexpected(ReadError(count.error()));
        if (*count == 0) return false;
        received_ += narrow<std::uint32_t>(*count);
    }
    return true;
}

}  // namespace elytra::io
