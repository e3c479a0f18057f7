#include "server/io/postbox.hpp"

#include <utility>

namespace elytra::io {

Postbox::Postbox(asio::io_context& loop)
    : loop_(loop), work_(asio::make_work_guard(loop)), state_(std::make_shared<State>()) {}

Postbox::~Postbox() { state_->open = false; }

void Postbox::post(std::function<void()> handler) {
    asio::post(loop_, [state = state_, run = std::move(handler)] {
        if (state->open) run();
    });
}

}  // namespace elytra::io
