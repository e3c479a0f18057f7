#include "bench/driver/throwaway_server.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/io/file_error.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint64_t start_patience_milliseconds = 120'000;  // format, or start
constexpr std::uint64_t stop_patience_milliseconds = 30'000;
constexpr std::size_t port_text_max = 16;

// "49152\n" and nothing else.
std::optional<std::uint16_t> parse_port(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

bool succeeded(const CapturedEnd& end) { return end.exit.exit_code == 0; }

}  // namespace

ThrowawayServer::ThrowawayServer(io::asio::io_context& loop, ServerOptions options,
                                 ServerEvents events)
    : loop_(loop),
      options_(std::move(options)),
      events_(std::move(events)),
      file_(options_.data_file),
      patience_(loop),
      failure_(loop) {
    report_.data_file = file_.path();
}

void ThrowawayServer::start() {
    ELYTRA_ASSERT(state_ == State::idle);
    state_ = State::formatting;
    arm_patience(start_patience_milliseconds);
    const io::ChildCommand command{
        .executable = options_.executable,
        .arguments = {"format", "--cluster=0", "--replica=0", "--replica-count=1", file_.path()},
        .output = io::ChildStream::discard};
    format_.emplace(loop_);
    const auto spawned =
        format_->spawn(command, options_.log, [this](const auto& end) { on_formatted(end); });
    if (!spawned.has_value()) {
        fail(
            fmt::format("cannot run {}: {}", options_.executable, io::error_text(spawned.error())));
    }
}

void ThrowawayServer::on_formatted(const CapturedEnd& end) {
    if (state_ != State::formatting) return;
    if (!killed_because_.empty()) return fail(killed_because_);
    if (!succeeded(end)) {
        return fail(fmt::format("format of {} {}", file_.path(), describe(end, {})));
    }
    report_.data_file_empty = sizes_of(file_.path());
    spawn_server();
}

void ThrowawayServer::spawn_server() {
    state_ = State::starting;
    arm_patience(start_patience_milliseconds);
    io::ChildCommand command{.executable = options_.executable,
                             .arguments = {"start", "--addresses=0"},
                             .input = io::ChildStream::pipe,
                             .output = io::ChildStream::pipe};
    command.arguments.insert(command.arguments.end(), options_.start_flags.begin(),
                             options_.start_flags.end());
    command.arguments.push_back(file_.path());
    server_.emplace(loop_);
    const auto spawned = server_->spawn(std::move(command), options_.log,
                                        [this](const auto& end) { on_server_end(end); });
    if (!spawned.has_value()) {
        return fail(
            fmt::format("cannot run {}: {}", options_.executable, io::error_text(spawned.error())));
    }
    server_->child().read_output(port_text_max,
                                 [this](const io::ChildText& output) { on_port(output); });
}

void ThrowawayServer::on_port(const io::ChildText& output) {
    if (state_ != State::starting) return;
    if (output.text.empty()) return;  // it has failed and is about to end
    const std::optional<std::uint16_t> port = parse_port(output.text);
    if (!port.has_value()) {
        killed_because_ = fmt::format("the server wrote \"{}\" instead of its port", output.text);
        server_->child().signal(SIGKILL);
        return;
    }
    state_ = State::running;
    patience_.cancel();
    events_.on_ready(io::loopback(*port));
}

void ThrowawayServer::stop() {
    ELYTRA_ASSERT(state_ == State::running || state_ == State::ended);
    if (state_ == State::ended) return;
    state_ = State::stopping;
    arm_patience(stop_patience_milliseconds);
    server_->child().close_input();
}

void ThrowawayServer::on_server_end(const CapturedEnd& end) {
    if (state_ == State::ended) return;
    if (!killed_because_.empty()) return fail(killed_because_);
    if (state_ != State::stopping || !succeeded(end)) {
        return fail(fmt::format("the server {}", describe(end, moment())));
    }
    state_ = State::ended;
    patience_.cancel();
    report_.usage = end.exit.usage;
    report_.data_file_final = sizes_of(file_.path());
    events_.on_stopped(report_);
}

std::string_view ThrowawayServer::moment() const {
    if (state_ == State::running) return "during the load";
    return state_ == State::stopping ? "at the end of its input" : "";
}

void ThrowawayServer::arm_patience(std::uint64_t milliseconds) {
    patience_.start(std::chrono::milliseconds(milliseconds), [this] { on_patience_ended(); });
}

// The failure is reported when the child is gone.
void ThrowawayServer::on_patience_ended() {
    if (state_ == State::formatting) {
        killed_because_ = "format took too long and was killed";
        format_->child().signal(SIGKILL);
    } else if (state_ == State::starting || state_ == State::stopping) {
        killed_because_ = state_ == State::starting
                              ? "the server did not report its port in time and was killed"
                              : "the server did not end with its input and was killed";
        server_->child().signal(SIGKILL);
    }
}

void ThrowawayServer::fail(const std::string& reason) {
    state_ = State::ended;
    patience_.cancel();
    // From the loop: start() itself may have failed.
    failure_.start({}, [this, reason] { events_.on_failed(reason); });
}

}  // namespace elytra::bench
