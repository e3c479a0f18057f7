// A server that can misbehave, for tests of those who drive servers (README.md): the command line
// and the port protocol of `elytra`, the real state machine in memory, and the faults that
// ELYTRA_FAKE names.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/null/loopback_server.hpp"
#include "bench/null/null_server.hpp"
#include "bench/null/server_arguments.hpp"
#include "server/io/asio.hpp"
#include "server/io/data_file.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/signals.hpp"
#include "server/io/stdin_watch.hpp"
#include "server/io/tcp.hpp"
#include "tests/integration/fake_faults.hpp"
#include "tests/integration/fake_ledger.hpp"

namespace {

using elytra::bench::ServerArguments;
using elytra::bench::ServerVerb;
using elytra::test::Faults;
namespace io = elytra::io;

constexpr std::size_t flood_lines = 200'000;      // on stderr before the port, 13 MB
constexpr unsigned grandchild_seconds_max = 120;  // should nobody end it

int refuse(std::string_view reason) {
    fmt::print(stderr, "error: {}\n", reason);
    return static_cast<int>(io::ExitCode::refused);
}

// A process that belongs to nobody once we have ended; it holds our stderr open.
void spawn_grandchild() {
    if (fork() != 0) return;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    alarm(grandchild_seconds_max);
    while (true) pause();
}

// From time to time the loop does nothing at all for a while, as under a stop of the whole process.
class Staller {
public:
    Staller(io::asio::io_context& loop, const Faults& faults)
        : timer_(loop),
          length_(faults.stall_nanoseconds),
          serving_(faults.stall_period_nanoseconds - faults.stall_nanoseconds) {
        arm();
    }

private:
    void arm() {
        timer_.expires_after(serving_);
        timer_.async_wait([this](io::ErrorCode error) { on_timer(error); });
    }

    void on_timer(io::ErrorCode error) {
        if (error) return;
        timer_.expires_after(length_);
        timer_.wait();
        arm();
    }

    io::asio::steady_timer timer_;
    std::chrono::nanoseconds length_;
    std::chrono::nanoseconds serving_;
};

void flood_stderr() {
    for (std::size_t line = 0; line < flood_lines; ++line) {
        fmt::print(stderr, "line {:6} of a flood that nobody asked for, and it goes on\n", line);
    }
}

class FakeReplica {
public:
    FakeReplica(const ServerArguments& arguments, const Faults& faults)
        : arguments_(arguments), faults_(faults), ledger_(faults), server_(ledger_) {}

    int run() {
        const auto listening = listener_.open(arguments_.addresses.entries.front());
        if (!listening.has_value()) return refuse(io::to_text(listening.error()));
        if (faults_.port_taken) return listen_again();
        server_.serve(listener_);
        std::optional<io::EndSignals> signals;
        if (faults_.ignore_sigterm) {
            std::signal(SIGTERM, SIG_IGN);
        } else {
            signals.emplace(loop_, [this](int signal) { on_signal(signal); });
        }
        if (faults_.flood_stderr) flood_stderr();
        if (arguments_.addresses.port_protocol) tell_port();
        std::optional<io::StdinWatch> stdin_watch;
        if (arguments_.addresses.port_protocol && !faults_.hang_on_stop) {
            stdin_watch.emplace(loop_, [this] { loop_.stop(); });
        }
        std::optional<Staller> staller;
        if (faults_.stall_nanoseconds != 0) staller.emplace(loop_, faults_);
        loop_.run();
        return static_cast<int>(io::ExitCode::success);
    }

    std::optional<int> ended_by() const { return ended_by_; }

private:
    // Fails with the words of a server whose port another process has.
    int listen_again() {
        io::Listener second(loop_);
        const auto listening = second.open(listener_.address());
        return refuse(listening.has_value() ? "the port was free" : to_text(listening.error()));
    }

    void tell_port() {
        if (faults_.no_port) return;
        if (faults_.garbage_port) {
            fmt::print("listening on port {}\n", listener_.address().port);
        } else {
            fmt::print("{}\n", listener_.address().port);
        }
        std::fclose(stdout);
    }

    void on_signal(int signal) {
        ended_by_ = signal;
        loop_.stop();
    }

    const ServerArguments& arguments_;
    const Faults& faults_;
    io::asio::io_context loop_;
    io::Listener listener_{loop_};
    elytra::test::FakeLedger ledger_;
    elytra::bench::LoopbackServer server_;
    std::optional<int> ended_by_;
};

int start(const ServerArguments& arguments, const Faults& faults) {
    if (faults.die_at_start) return refuse("dying as asked at the start");
    if (faults.spawn_grandchild) spawn_grandchild();
    const auto file = io::DataFile::open(arguments.path, io::DirectIo::preferred);
    if (!file.has_value()) return refuse(io::to_text(file.error()));
    std::optional<int> signal;
    {
        FakeReplica replica(arguments, faults);
        const int status = replica.run();
        signal = replica.ended_by();
        if (!signal.has_value()) return status;
    }
    io::end_by_signal(*signal);
}

int format(const ServerArguments& arguments, const Faults& faults) {
    if (faults.format_fails) return refuse("failing as asked to format");
    const auto created = elytra::bench::create_blank_file(arguments.path);
    if (!created.has_value()) return refuse(created.error());
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace

int main(int argc, char** argv) {
    io::ignore_write_signals();
    const char* const asked = std::getenv("ELYTRA_FAKE");
    const auto faults = elytra::test::parse_faults(asked == nullptr ? "" : asked);
    if (!faults.has_value()) return refuse(fmt::format("ELYTRA_FAKE: {}", faults.error()));
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto arguments = elytra::bench::parse_server_arguments(words);
    if (!arguments.has_value()) return refuse(arguments.error());
    switch (arguments->verb) {
        case ServerVerb::format:
            return format(*arguments, *faults);
        case ServerVerb::start:
            return start(*arguments, *faults);
        case ServerVerb::version:
            fmt::print("Elytra fake replica\n");
            return static_cast<int>(io::ExitCode::success);
    }
    return refuse("unknown verb");
}
