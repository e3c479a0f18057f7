#include "server/io/pipe_pair.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "server/common/assert.hpp"

namespace elytra::io {

namespace {

// A batch of 1 MiB passes in four pieces instead of sixteen. More of it for each of 64 children
// would exceed what the kernel grants a user by default. Without it a pipe is slower, but works.
constexpr int pipe_capacity = 256 << 10;

}  // namespace

// Tells nobody anything once closed.
class PipePair::Streams : public std::enable_shared_from_this<Streams> {
public:
    explicit Streams(asio::io_context& loop) : input_(loop), output_(loop) {}

    Result<void, int> open(FileDescriptor input, FileDescriptor output) {
        fcntl(input.get(), F_SETPIPE_SZ, pipe_capacity);
        fcntl(output.get(), F_SETPIPE_SZ, pipe_capacity);
        ErrorCode error;
        input_.assign(input.get(), error);
        if (error) return Unexpected(error.value());
        input.release();
        output_.assign(output.get(), error);
        if (error) return Unexpected(error.value());
        output.release();
        return {};
    }

    void read_some(std::span<std::byte> room, OnRead on_read) {
        ELYTRA_ASSERT(!on_read_ && !room.empty());
        on_read_ = std::move(on_read);
        input_.async_read_some(asio::buffer(room.data(), room.size()),
                               [self = shared_from_this()](ErrorCode error, std::size_t count) {
                                   self->on_read(error, count);
                               });
    }

    void write(std::span<const std::byte> head, std::span<const std::byte> body,
               OnWritten on_written) {
        ELYTRA_ASSERT(!on_written_);
        on_written_ = std::move(on_written);
        left_ = {head, body};
        write_next();
    }

    void close() {
        on_read_ = nullptr;
        on_written_ = nullptr;
        ErrorCode ignored;  // the descriptors are gone either way
        input_.close(ignored);
        output_.close(ignored);
    }

private:
    void on_read(ErrorCode error, std::size_t count) {
        if (!on_read_) return;
        const OnRead report = std::exchange(on_read_, nullptr);
        if (error == asio::error::eof) return report(std::size_t{0});
        if (error) return report(Unexpected(error.value()));
        report(count);
    }

    void write_next() {
        const std::array<asio::const_buffer, 2> buffers{
            asio::buffer(left_[0].data(), left_[0].size()),
            asio::buffer(left_[1].data(), left_[1].size())};
        output_.async_write_some(buffers,
                                 [self = shared_from_this()](ErrorCode error, std::size_t count) {
                                     self->on_written(error, count);
                                 });
    }

    void on_written(ErrorCode error, std::size_t count) {
        if (!on_written_) return;
        for (std::span<const std::byte>& part : left_) {
            const std::size_t written = std::min(count, part.size());
            part = part.subspan(written);
            count -= written;
        }
        if (!error && !(left_[0].empty() && left_[1].empty())) return write_next();
        const OnWritten report = std::exchange(on_written_, nullptr);
        if (error) return report(Unexpected(error.value()));
        report({});
    }

    asio::posix::stream_descriptor input_;
    asio::posix::stream_descriptor output_;
    std::array<std::span<const std::byte>, 2> left_;  // to be written
    OnRead on_read_;
    OnWritten on_written_;
};

PipePair::PipePair(asio::io_context& loop) : streams_(std::make_shared<Streams>(loop)) {}

PipePair::~PipePair() { close(); }

Result<void, int> PipePair::open(FileDescriptor input, FileDescriptor output) {
    return streams_->open(std::move(input), std::move(output));
}

void PipePair::read_some(std::span<std::byte> room, OnRead on_read) {
    streams_->read_some(room, std::move(on_read));
}

void PipePair::write(std::span<const std::byte> head, std::span<const std::byte> body,
                     OnWritten on_written) {
    streams_->write(head, body, std::move(on_written));
}

void PipePair::close() { streams_->close(); }

}  // namespace elytra::io
