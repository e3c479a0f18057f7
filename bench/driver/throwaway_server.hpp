#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/driver/captured_child.hpp"
#include "bench/driver/throwaway_file.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/child.hpp"
#include "server/io/timer.hpp"

namespace elytra::bench {

struct ServerOptions {
    std::string executable{};
    std::string data_file{};                 // empty: a file of our own, removed at the end
    std::vector<std::string> start_flags{};  // complete: "--cache-grid=1GiB"
    ChildLog log = ChildLog::keep;
};

// What is known of a server that has ended well.
struct ServerReport {
    io::ChildUsage usage;
    std::string data_file;
    FileSizes data_file_empty;  // after format
    FileSizes data_file_final;
};

struct ServerEvents {
    std::function<void(const io::Address&)> on_ready;     // clients may connect
    std::function<void(const ServerReport&)> on_stopped;  // after stop()
    std::function<void(const std::string&)> on_failed;    // instead, at any time; nothing follows
};

// One server on this machine for the time of a measurement: formats a data file, starts on a port
// chosen by the system, ends when told. On every way out the child is ended and reaped and a data
// file of our own is gone; that is the destructor's work, so that no path can forget it. Must not
// be destroyed by its own events. Lives on the main thread.
class ThrowawayServer {
public:
    ThrowawayServer(io::asio::io_context& loop, ServerOptions options, ServerEvents events);
    ThrowawayServer(const ThrowawayServer&) = delete;
    ThrowawayServer& operator=(const ThrowawayServer&) = delete;

    // Once. An event follows.
    void start();

    // Closes the input of the server, which is its order to end. Requires: on_ready was called.
    void stop();

private:
    enum class State : std::uint8_t { idle, formatting, starting, running, stopping, ended };

    void on_formatted(const CapturedEnd& end);
    void spawn_server();
    void on_port(const io::ChildText& output);
    void on_server_end(const CapturedEnd& end);
    void on_patience_ended();
    void arm_patience(std::uint64_t milliseconds);
    void fail(const std::string& reason);

    // When the server ended, for the text of a failure; empty before it was ready.
    std::string_view moment() const;

    io::asio::io_context& loop_;
    ServerOptions options_;
    ServerEvents events_;
    ThrowawayFile file_;
    io::Timer patience_;
    io::Timer failure_;
    State state_ = State::idle;
    std::string killed_because_;  // empty unless we had to kill the child
    ServerReport report_;
    // Declared last, so that they end before the file is removed.
    std::optional<CapturedChild> format_;
    std::optional<CapturedChild> server_;
};

}  // namespace elytra::bench
