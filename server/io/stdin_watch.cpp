#include "server/io/stdin_watch.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace elytra::io {

// Works on a copy, because a descriptor given to Asio is closed by it. What cannot be waited for,
// such as a file or a closed descriptor, fails at once: it has something to read, or never will.
StdinWatch::StdinWatch(asio::io_context& loop, OnReadable on_readable)
    : input_(loop), on_readable_(std::move(on_readable)) {
    ErrorCode ignored;
    input_.assign(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), ignored);
    input_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](ErrorCode) { on_readable_(); });
}

}  // namespace elytra::io
