#include "server/io/precise_timer.hpp"

#include <chrono>
#include <utility>

#include "server/io/clock.hpp"

namespace elytra::io {

void PreciseTimer::start(Instant deadline, OnFired on_fired) {
    cancel();
    wait_ = std::make_shared<Wait>(Wait{loop_, deadline, std::move(on_fired)});
    const std::uint64_t now = monotonic_now().nanoseconds;
    if (deadline.nanoseconds <= now + spin_nanoseconds) {
        asio::post(loop_, [wait = wait_] { spin(wait); });
        return;
    }
    timer_.expires_after(std::chrono::nanoseconds(deadline.nanoseconds - now - spin_nanoseconds));
    timer_.async_wait([wait = wait_](ErrorCode) { spin(wait); });
}

void PreciseTimer::cancel() {
    if (!wait_) return;
    wait_->on_fired = nullptr;
    wait_.reset();
    timer_.cancel();
}

void PreciseTimer::spin(std::shared_ptr<Wait> wait) {
    if (!wait->on_fired) return;
    if (monotonic_now() >= wait->deadline) return std::exchange(wait->on_fired, nullptr)();
    asio::io_context& loop = wait->loop;
    asio::post(loop, [again = std::move(wait)] { spin(again); });
}

}  // namespace elytra::io
