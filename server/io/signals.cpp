#include "server/io/signals.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace elytra::io {

namespace {

void add_end_signals(asio::signal_set& signals) {
    ErrorCode ignored;  // these numbers are valid
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) signals.add(signal, ignored);
}

}  // namespace

void ignore_write_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

EndSignals::EndSignals(asio::io_context& loop, OnSignal on_signal)
    : signals_(loop), on_signal_(std::move(on_signal)) {
    add_end_signals(signals_);
    signals_.async_wait([this](ErrorCode error, int signal) { this->on_signal(error, signal); });
}

void EndSignals::on_signal(ErrorCode error, int signal) {
    if (error) return;
    ErrorCode ignored;
    signals_.clear(ignored);
    on_signal_(signal);
}

RepeatedEndSignals::RepeatedEndSignals(asio::io_context& loop, OnSignal on_signal)
    : signals_(loop), on_signal_(std::move(on_signal)) {
    add_end_signals(signals_);
    wait();
}

void RepeatedEndSignals::wait() {
    signals_.async_wait([this](ErrorCode error, int) {
        if (error) return;
        wait();
        on_signal_(++count_);
    });
}

void end_by_signal(int signal) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    std::_Exit(128 + signal);
}

}  // namespace elytra::io
