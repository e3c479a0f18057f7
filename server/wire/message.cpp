#include "server/wire/message.hpp"

#include <new>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::wire {

std::span<const std::byte> Message::bytes() const {
    const std::uint32_t size = frame().size;
    ELYTRA_ASSERT(size >= header_size);
    ELYTRA_ASSERT(size - header_size <= body_capacity_);
    return {buffer_ + header_offset, size};
}

std::span<const std::byte> Message::body() const { return bytes().subspan(header_size); }

MessageRef::MessageRef(Message* message) : message_(message) { ++message_->references_; }

MessageRef::MessageRef(const MessageRef& other) : message_(other.message_) {
    if (message_ != nullptr) ++message_->references_;
}

MessageRef::MessageRef(MessageRef&& other) noexcept
    : message_(std::exchange(other.message_, nullptr)) {}

MessageRef& MessageRef::operator=(const MessageRef& other) {
    MessageRef copy(other);
    std::swap(message_, copy.message_);
    return *this;
}

MessageRef& MessageRef::operator=(MessageRef&& other) noexcept {
    MessageRef moved(std::move(other));
    std::swap(message_, moved.message_);
    return *this;
}

MessageRef::~MessageRef() { reset(); }

void MessageRef::reset() {
    Message* message = std::exchange(message_, nullptr);
    if (message == nullptr) return;
    ELYTRA_ASSERT(message->references_ > 0);
    --message->references_;
    if (message->references_ == 0) message->pool_->release(message);
}

MessagePool::MessagePool(std::size_t messages_max, std::uint32_t size_max)
    : messages_(messages_max) {
    ELYTRA_ASSERT(size_max >= header_size);
    const std::size_t body_capacity = round_up<std::size_t>(size_max - header_size, sector_size);
    buffers_.reserve(messages_max);
    free_.reserve(messages_max);
    for (Message& message : messages_) {
        buffers_.emplace_back(static_cast<std::byte*>(
            ::operator new (sector_size + body_capacity, std::align_val_t{sector_size})));
        message.pool_ = this;
        message.buffer_ = buffers_.back().get();
        message.body_capacity_ = body_capacity;
        free_.push_back(&message);
    }
}

MessagePool::~MessagePool() { ELYTRA_ASSERT(free_.size() == messages_.size()); }

void MessagePool::FreeBuffer::operator()(std::byte* buffer) const {
    ::operator delete (buffer, std::align_val_t{sector_size});
}

MessageRef MessagePool::acquire() {
    ELYTRA_ASSERT(!free_.empty());
    Message* message = free_.back();
    free_.pop_back();
    ELYTRA_ASSERT(message->references_ == 0);
    return MessageRef(message);
}

void MessagePool::release(Message* message) {
    ELYTRA_ASSERT(message->references_ == 0);
    free_.push_back(message);
}

}  // namespace elytra::wire
