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

int start(const ServerArguments& arguments) {
    io::ignore_write_signals();
    // Held as a real server holds it, though nothing is ever read from it.
    const auto file = io::DataFile::open(arguments.path, io::DirectIo::preferred);
    if (!file.has_value()) return refuse(io::to_text(file.error()));
    std::optional<int> ended_by;
    {
        io::asio::io_context loop;
        io::Listener listener(loop);
        NullLedger ledger;
        LoopbackServer server(ledger);
        const auto listening = listener.open(arguments.addresses.entries.front());
        if (!listening.has_value()) return refuse(io::to_text(listening.error()));
        server.serve(listener);
        std::optional<io::StdinWatch> stdin_watch;
        if (arguments.addresses.port_protocol) {
            if (!report_port(listener.address().port)) return refuse("cannot report the port");
            stdin_watch.emplace(loop, [&loop] { loop.stop(); });
        }
        const io::EndSignals signals(loop, [&](int signal) {
            ended_by = signal;
            loop.stop();
        });
        loop.run();
    }
    if (ended_by.has_value()) io::end_by_signal(*ended_by);
    return static_cast<int>(io::ExitCode::success);
}

int format(const std::string& path) {
    io::ignore_write_signals();
    const auto created = create_placeholder_file(path);
    return created.has_value() ? static_cast<int>(io::ExitCode::success) : refuse(created.error());
}

int print_version() {
    fmt::print("Elytra null server version {}+{}\n", build_version, build_commit);
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace

Result<void, std::string> create_placeholder_file(const std::string& path) {
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
