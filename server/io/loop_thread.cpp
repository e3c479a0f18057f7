#include "server/io/loop_thread.hpp"

#include <utility>

#include <sys/prctl.h>

#include "server/common/assert.hpp"

namespace elytra::io {

LoopThread::LoopThread() : work_(asio::make_work_guard(loop_)), thread_([this] { run(); }) {}

void LoopThread::post(std::function<void()> handler) { asio::post(loop_, std::move(handler)); }

void LoopThread::stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

void LoopThread::run() {
    // Otherwise the kernel may end waits 50 us late to end several at once.
    ELYTRA_ASSERT(prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0);
    loop_.run();
}

}  // namespace elytra::io
