#pragma once

#include <functional>
#include <memory>

#include "server/io/asio.hpp"

namespace elytra::io {

// Hands work from other threads to the loop of its owner, which keeps running as long as the box
// exists. What has not run when the box is destroyed never does.
class Postbox {
public:
    explicit Postbox(asio::io_context& loop);
    Postbox(const Postbox&) = delete;
    Postbox& operator=(const Postbox&) = delete;
    ~Postbox();

    // To be run on the owner's loop, in the order of the calls of a thread. From any thread.
    void post(std::function<void()> handler);

private:
    struct State {
        bool open = true;  // touched on the owner's thread alone
    };

    asio::io_context& loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::shared_ptr<State> state_;  // shared with the pending handlers, which may run after us
};

}  // namespace elytra::io
