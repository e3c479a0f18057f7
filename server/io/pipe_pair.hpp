#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "server/common/result.hpp"
#include "server/io/asio.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytra::io {

// A way in and a way out, such as the standard streams of a child, used as one connection. One read
// and one write at a time; both report from the loop, an error being an errno. May be destroyed at
// any time: nothing is reported after that, nor after close(). One thread. A write to a pipe that
// nobody reads raises SIGPIPE: ignore_write_signals().
class PipePair {
public:
    using OnRead = std::function<void(const Result<std::size_t, int>&)>;
    using OnWritten = std::function<void(const Result<void, int>&)>;

    explicit PipePair(asio::io_context& loop);
    PipePair(const PipePair&) = delete;
    PipePair& operator=(const PipePair&) = delete;
    ~PipePair();

    // Once, first. The error is an errno.
    Result<void, int> open(FileDescriptor input, FileDescriptor output);

    // Reports how many bytes have come, 0 at the end. Requires: room for one; the room outlives the
    // read.
    void read_some(std::span<std::byte> room, OnRead on_read);

    // Writes all bytes of both spans, which outlive the write.
    void write(std::span<const std::byte> head, std::span<const std::byte> body,
               OnWritten on_written);

    void close();

private:
    class Streams;

    std::shared_ptr<Streams> streams_;  // shared with pending handlers, which may run after us
};

}  // namespace elytra::io
