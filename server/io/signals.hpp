#pragma once

#include <cstdint>
#include <functional>

#include "server/io/asio.hpp"

namespace elytra::io {

// A write to a closed pipe or beyond RLIMIT_FSIZE then fails with an errno, which is handled where
// it happens, instead of killing the process. Once, at the start of main.
void ignore_write_signals();

// Reports the first INT, TERM or HUP. From then on they have their default effect: a second one
// ends the process at once. Requires, at destruction: the io_context does not run any more.
class EndSignals {
public:
    using OnSignal = std::function<void(int signal)>;

    EndSignals(asio::io_context& loop, OnSignal on_signal);

private:
    void on_signal(ErrorCode error, int signal);

    asio::signal_set signals_;
    OnSignal on_signal_;
};

// Reports every INT, TERM and HUP for as long as it lives, with how many there have been. For those
// who end gently at the first and at once at the second.
class RepeatedEndSignals {
public:
    using OnSignal = std::function<void(std::uint32_t count)>;

    RepeatedEndSignals(asio::io_context& loop, OnSignal on_signal);

private:
    void wait();

    asio::signal_set signals_;
    OnSignal on_signal_;
    std::uint32_t count_ = 0;
};

// Ends the process as the signal would have done, so that supervisors see the status they know.
// Process 1 of a container, which no signal of its own kills, exits with 128 + signal.
[[noreturn]] void end_by_signal(int signal);

}  // namespace elytra::io
