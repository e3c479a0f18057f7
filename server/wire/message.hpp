#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/wire/header.hpp"

namespace elytra::wire {

class MessagePool;

// One message: a header and a body in a pooled buffer. The body starts on a sector boundary and the
// header lies directly before it, so that bytes from a socket land contiguously, and a log record
// (one sector of record header, then the body) is written from the same buffer without copying.
//
//   0            3840     4096                                     4096 + body_size_max
//   | record area | header | body ...                                              |
class Message {
public:
    static constexpr std::size_t header_offset = sector_size - header_size;

    // The header as one of the types of header.hpp. What it really is, the command byte tells.
    template <HeaderType T>
    T& header() {
        return *reinterpret_cast<T*>(buffer_ + header_offset);
    }

    template <HeaderType T>
    const T& header() const {
        return *reinterpret_cast<const T*>(buffer_ + header_offset);
    }

    const Frame& frame() const { return header<Header>().frame; }

    Frame& frame() { return header<Header>().frame; }

    // Header and body as they travel, by the size field. Requires: a size within the limits.
    std::span<const std::byte> bytes() const;

    // The size - 256 bytes after the header. Requires: a size within the limits.
    std::span<const std::byte> body() const;

    // Room for the largest body of the pool.
    std::span<std::byte> body_capacity() { return {buffer_ + sector_size, body_capacity_}; }

    // Header and largest body as one span to receive into.
    std::span<std::byte> receive_capacity() {
        return {buffer_ + header_offset, header_size + body_capacity_};
    }

    // The first sector (record area and header) and the room for the body behind it; sector
    // aligned.
    std::span<std::byte> sectors() { return {buffer_, sector_size + body_capacity_}; }

private:
    friend class MessagePool;
    friend class MessageRef;

    MessagePool* pool_ = nullptr;
    std::byte* buffer_ = nullptr;
    std::size_t body_capacity_ = 0;
    std::uint32_t references_ = 0;
};

// A counted handle of a pooled message; the last one returns the buffer. One thread only.
class MessageRef {
public:
    MessageRef() = default;
    MessageRef(const MessageRef& other);
    MessageRef(MessageRef&& other) noexcept;
    MessageRef& operator=(const MessageRef& other);
    MessageRef& operator=(MessageRef&& other) noexcept;
    ~MessageRef();

    explicit operator bool() const { return message_ != nullptr; }

    Message& operator*() const { return *message_; }

    Message* operator->() const { return message_; }

    void reset();

private:
    friend class MessagePool;

    explicit MessageRef(Message* message);

    Message* message_ = nullptr;
};

// A fixed number of message buffers. Their memory is reserved while opening and touched when used;
// the buffer returned last is handed out first, so that a lightly loaded server stays small. The
// pool outlives every MessageRef. One thread only.
class MessagePool {
public:
    // `size_max` bounds header and body of each message, bytes; the body area is rounded up to
    // sectors.
    MessagePool(std::size_t messages_max, std::uint32_t size_max);
    MessagePool(const MessagePool&) = delete;
    MessagePool& operator=(const MessagePool&) = delete;
    ~MessagePool();

    bool empty() const { return free_.empty(); }

    std::size_t free_count() const { return free_.size(); }

    // A message with undefined content. Requires: !empty().
    MessageRef acquire();

private:
    friend class MessageRef;

    struct FreeBuffer {
        void operator()(std::byte* buffer) const;
    };

    void release(Message* message);

    std::vector<Message> messages_;
    std::vector<std::unique_ptr<std::byte, FreeBuffer>> buffers_;
    std::vector<Message*> free_;
};

}  // namespace elytra::wire
