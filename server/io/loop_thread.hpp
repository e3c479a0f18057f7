#pragma once

#include <functional>
#include <thread>

#include "server/io/asio.hpp"

namespace elytra::io {

// A thread that runs a loop of its own, which starts at once and does not end for lack of work.
// Whatever lives on the loop is destroyed after stop() and before the thread object itself.
class LoopThread {
public:
    LoopThread();
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    ~LoopThread() { stop(); }

    asio::io_context& loop() { return loop_; }

    // To be run on the thread, in the order of the calls. From any thread.
    void post(std::function<void()> handler);

    // Ends the loop after the present handler, drops the others, and joins. Not from the thread.
    void stop();

private:
    void run();

    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

}  // namespace elytra::io
