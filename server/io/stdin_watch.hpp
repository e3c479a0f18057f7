#pragma once

#include <functional>

#include "server/io/asio.hpp"

namespace elytra::io {

// Reports once that standard input has something to read, be it its end (server-cli spec, 3.4). A
// file or /dev/null, which have always something to read, are reported at once. Requires, at
// destruction: the io_context does not run any more.
class StdinWatch {
public:
    using OnReadable = std::function<void()>;

    StdinWatch(asio::io_context& loop, OnReadable on_readable);

private:
    asio::posix::stream_descriptor input_;
    OnReadable on_readable_;
};

}  // namespace elytra::io
