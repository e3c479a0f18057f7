#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/common/time.hpp"
#include "server/io/asio.hpp"

namespace elytra::io {

// Like Timer, but the handler runs within a few microseconds of an instant: the kernel's timer is
// set a little earlier, and the rest is spent on looking at the clock, between other handlers of
// the loop, which are not held up. One wait at a time, one thread; may be destroyed at any time.
class PreciseTimer {
public:
    using OnFired = std::function<void()>;

    static constexpr std::uint64_t spin_nanoseconds = 50'000;

    explicit PreciseTimer(asio::io_context& loop) : loop_(loop), timer_(loop) {}

    PreciseTimer(const PreciseTimer&) = delete;
    PreciseTimer& operator=(const PreciseTimer&) = delete;

    ~PreciseTimer() { cancel(); }

    // Replaces a wait in progress. An instant in the past is soon.
    void start(Instant deadline, OnFired on_fired);

    void cancel();

private:
    struct Wait {
        asio::io_context& loop;
        Instant deadline;
        OnFired on_fired;  // empty once called or cancelled
    };

    static void spin(std::shared_ptr<Wait> wait);

    asio::io_context& loop_;
    asio::steady_timer timer_;
    std::shared_ptr<Wait> wait_;  // shared with the pending handler, which may run after us
};

}  // namespace elytra::io
