#include "server/io/timer.hpp"

#include <utility>

namespace elytra::io {

void Timer::start(std::chrono::nanoseconds duration, OnFired on_fired) {
    cancel();
    wait_ = std::make_shared<Wait>(Wait{std::move(on_fired)});
    timer_.expires_after(duration);
    timer_.async_wait([wait = wait_](ErrorCode) {
        const OnFired fire = std::exchange(wait->on_fired, nullptr);
        if (fire) fire();
    });
}

void Timer::cancel() {
    if (!wait_) return;
    wait_->on_fired = nullptr;
    wait_.reset();
    timer_.cancel();
}

}  // namespace elytra::io
