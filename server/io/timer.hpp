#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "server/io/asio.hpp"

namespace elytra::io {

// One wait at a time. May be destroyed at any time: a handler that was not called before the end of
// the wait was cancelled, replaced or lost its timer is never called, even if it was already due.
// One thread.
class Timer {
public:
    using OnFired = std::function<void()>;

    explicit Timer(asio::io_context& loop) : timer_(loop) {}

    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    ~Timer() { cancel(); }

    // Replaces a wait in progress. Without a duration the handler is called soon, from the loop.
    void start(std::chrono::nanoseconds duration, OnFired on_fired);

    void cancel();

private:
    struct Wait {
        OnFired on_fired;  // empty once called or cancelled
    };

    asio::steady_timer timer_;
    std::shared_ptr<Wait> wait_;  // shared with the pending handler, which may run after us
};

}  // namespace elytra::io
