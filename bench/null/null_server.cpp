#include "bench/null/null_server.hpp"

#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "bench/null/loopback_server.hpp"
#include "bench/null/null_ledger.hpp"
#include "bench/null/server_arguments.hpp"
#include "server/common/build_info.hpp"
#include "server/common/limits.hpp"
#include "server/io/asio.hpp"
#include "server/io/data_file.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/new_data_file.hpp"
#include "server/io/signals.hpp"
#include "server/io/stdin_watch.hpp"
#include "server/io/tcp.hpp"

namespace elytra::bench {
namespace {

int refuse(std::string_view reason) {
    fmt::print(stderr, "error: {}\n", reason);
    return static_cast<int>(io::ExitCode::refused);
}

// Closes stdout, so that a reader to its end gets exactly the port.
bool report_port(std::uint16_t port) {
    const bool written = std::fprintf(stdout, "%u\n", unsigned{port}) > 0;
    return std::fclose(stdout) == 0 && written;
}

class NullServer {
public:
    explicit NullServer(const ServerArguments& arguments) : arguments_(arguments) {}

    int run() {
        const auto listening = listener_.open(arguments_.addresses.entries.front());
        if (!listening.has_value()) return refuse(io::to_text(listening.error()));
        server_.serve(listener_);
        const bool port_protocol = arguments_.addresses.port_protocol;
        if (port_protocol && !report_port(listener_.address().port)) {
            return refuse("stdout: cannot report the port");
        }
        std::optional<io::StdinWatch> stdin_watch;
        if (port_protocol) stdin_watch.emplace(loop_, [this] { loop_.stop(); });
        const io::EndSignals signals(loop_, [this](int signal) { on_signal(signal); });
        loop_.run();
        return static_cast<int>(io::ExitCode::success);
    }

    std::optional<int> ended_by() const { return ended_by_; }

private:
    void on_signal(int signal) {
        ended_by_ = signal;
        loop_.stop();
    }

    const ServerArguments& arguments_;
    io::asio::io_context loop_;
    io::Listener listener_{loop_};
    NullLedger ledger_;
    LoopbackServer server_{ledger_};
    std::optional<int> ended_by_;
};

int start(const ServerArguments& arguments) {
    io::ignore_write_signals();
    // Held as a real server holds it, though nothing is ever read from it.
    const auto file = io::DataFile::open(arguments.path, io::DirectIo::preferred);
    if (!file.has_value()) return refuse(io::to_text(file.error()));
    std::optional<int> signal;
    {
        NullServer server(arguments);
        const int status = server.run();
        signal = server.ended_by();
        if (!signal.has_value()) return status;
    }
    io::end_by_signal(*signal);
}

int format(const std::string& path) {
    io::ignore_write_signals();
    const auto created = create_blank_file(path);
    return created.has_value() ? static_cast<int>(io::ExitCode::success) : refuse(created.error());
}

int print_version() {
    fmt::print("Elytra null server version {}+{}\n", build_version, build_commit);
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace

Result<void, std::string> create_blank_file(const std::string& path) {
    io::NewDataFile file(path);
    const auto created = file.create(sector_size, io::DirectIo::preferred);
    if (!created.has_value()) return Unexpected(io::to_text(created.error()));
    const auto published = file.publish();
    if (!published.has_value()) return Unexpected(io::to_text(published.error()));
    return {};
}

int run_null_server(std::span<const std::string_view> arguments) {
    const auto parsed = parse_server_arguments(arguments);
    if (!parsed.has_value()) return refuse(parsed.error());
    switch (parsed->verb) {
        case ServerVerb::format:
            return format(parsed->path);
        case ServerVerb::start:
            return start(*parsed);
        case ServerVerb::version:
            return print_version();
    }
    return refuse("unknown verb");
}

}  // namespace elytra::bench
