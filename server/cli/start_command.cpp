#include "server/cli/start_command.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/cli/open_fault_text.hpp"
#include "server/cli/program.hpp"
#include "server/common/build_info.hpp"
#include "server/common/text.hpp"
#include "server/io/asio.hpp"
#include "server/io/data_file.hpp"
#include "server/io/directory.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/logging.hpp"
#include "server/io/memory.hpp"
#include "server/io/signals.hpp"
#include "server/io/stdin_watch.hpp"
#include "server/io/tcp.hpp"
#include "server/runtime/server.hpp"
#include "server/storage/layout.hpp"
#include "server/wire/release.hpp"

namespace elytra::cli {
namespace {

Limits limits_of(const StartOptions& options) {
    Limits limits = limits_production();
    limits.request_size_max = static_cast<std::uint32_t>(options.limit_request);
    limits.page_cache_size = options.cache_grid;
    return limits;
}

void log_start(const StartOptions& options, const io::Log& log) {
    log.info("opening \"{}\"", options.path);
    log.info("release={} release_client_min={} releases_bundled={{ {} }} git_commit={}",
             wire::to_text(wire::release_server), wire::to_text(wire::release_client_min),
             wire::to_text(wire::release_server), build_commit);
    if (options.without_effect.empty()) return;
    log.warning("these flags have no effect in elytra: --{}",
                fmt::join(options.without_effect, ", --"));
}

// Scripts learn of a mistake in a path at once, even where nothing would be written there.
std::optional<std::string> find_path_error(const StartOptions& options) {
    struct Wish {
        std::string_view flag;
        const std::string& path;
        bool must_be_new;
    };

    const Wish wishes[] = {{"--trace", options.trace_path, true},
                           {"--aof-file", options.aof_path, false}};
    for (const Wish& wish : wishes) {
        if (wish.path.empty()) continue;
        std::error_code error;
        if (wish.must_be_new && std::filesystem::exists(wish.path, error)) {
            return describe_error(wish.flag, wish.path, "it exists already; name a new file");
        }
        const std::string folder = io::directory_of(wish.path);
        if (std::filesystem::is_directory(folder, error)) continue;
        return describe_error(wish.flag, wish.path,
                              fmt::format("there is no directory {}", folder));
    }
    return std::nullopt;
}

// What the size of the file alone tells: an unfinished or cut file, or one beyond its limit.
std::optional<int> refuse_size(const io::DataFile& file, const StartOptions& options) {
    const std::uint64_t size = file.size();
    const std::uint64_t size_min = storage::layout_of(limits_production()).page_store_offset;
    if (size < size_min) {
        return print_refusal({{describe_error(
            "cannot open data file", file.path(),
            fmt::format("it has {} bytes, a data file has at least {}; it is no data file, or has "
                        "been truncated",
                        size, size_min))}});
    }
    if (size <= options.limit_storage) return std::nullopt;
    print_refusal({{describe_error("cannot open data file", file.path(),
                                   fmt::format("it has {} bytes, more than --limit-storage={}; "
                                               "raise the limit to at least that",
                                               size, options.limit_storage))}});
    return static_cast<int>(io::ExitCode::file_above_limit);
}

// Tells the port to whoever started us, then closes stdout, so that a reader to the end of the
// stream gets exactly the port (server-cli spec, 3.4).
bool report_port(std::uint16_t port) {
    const bool written = std::fprintf(stdout, "%u\n", unsigned{port}) > 0;
    return std::fclose(stdout) == 0 && written;
}

void lock_memory(const io::Log& log) {
    const auto locked = io::lock_memory_on_fault(io::resident_bytes_max());
    if (!locked.has_value()) log.scoped("mlock").warning("{}", locked.error());
}

// A server from its first log line to its end.
class Session {
public:
    Session(const StartOptions& options, const io::DataFile& file, io::Log log)
        : options_(options),
          log_(std::move(log)),
          listener_(loop_),
          server_(loop_, file,
                  {.replica = {.limits = limits_of(options),
                               .storage_size_max = options.limit_storage,
                               .scrub_nanoseconds =
                                   static_cast<std::uint64_t>(options.scrub_period.count())}},
                  log_) {}

    int run() {
        // The address is taken before anything that takes time, so that a conflict shows at once.
        const auto listening = listener_.open(options_.addresses.entries.front());
        if (!listening.has_value()) return print_refusal({{io::to_text(listening.error())}});
        if (server_.open() == vsr::ReplicaStatus::failed) {
            return print_refusal(
                {{describe_open_fault(options_.path, server_.replica().open_fault())}});
        }
        announce();
        server_.serve(listener_);
        if (options_.addresses.port_protocol) {
            if (!report_port(listener_.address().port)) {
                return print_refusal({{"stdout: cannot report the port"}});
            }
            stdin_watch_.emplace(loop_, [this] { on_stdin(); });
        }
        if (!options_.development) lock_memory(log_);
        signals_.emplace(loop_, [this](int signal) { on_signal(signal); });
        server_.run();
        return static_cast<int>(io::ExitCode::success);
    }

    std::optional<int> ended_by() const { return ended_by_; }

private:
    void announce() const {
        const storage::SuperblockState& superblock = server_.replica().superblock();
        const std::size_t addresses = options_.addresses.entries.size();
        if (addresses > superblock.identity.replica_count) {
            log_.warning(
                "{} addresses for a cluster of {} replicas: the rest are taken as standbys",
                addresses, superblock.identity.replica_count);
        }
        if (superblock.identity.cluster.value == 0 && !options_.development) {
            log_.warning("cluster id 0 is reserved for tests and benchmarks");
        }
        log_.scoped("main").info(
            "{}: cluster={}: listening on {}", superblock.identity.replica.value,
            to_decimal(superblock.identity.cluster.value), io::to_text(listener_.address()));
    }

    void on_stdin() {
        log_.scoped("main").info("stdin closed, exiting");
        server_.stop();
    }

    void on_signal(int signal) {
        log_.scoped("main").info("signal {} received, exiting", signal);
        ended_by_ = signal;
        server_.stop();
    }

    const StartOptions& options_;
    io::Log log_;
    io::asio::io_context loop_;
    io::Listener listener_;
    runtime::Server server_;
    std::optional<io::StdinWatch> stdin_watch_;
    std::optional<io::EndSignals> signals_;
    std::optional<int> ended_by_;
};

}  // namespace

int run_start(const StartOptions& options) {
    io::ignore_write_signals();
    io::end_when_out_of_memory();
    if (const auto error = find_path_error(options)) return print_refusal({{*error}});
    const io::Log log(options.log_debug ? io::LogLevel::debug : io::LogLevel::info);
    log_start(options, log);
    const auto direct_io = options.development ? io::DirectIo::preferred : io::DirectIo::required;
    const auto file = io::DataFile::open(options.path, direct_io);
    if (!file.has_value()) return print_refusal({{io::to_text(file.error())}});
    io::log_warnings(*file, log);
    if (const auto refused = refuse_size(*file, options)) return *refused;
    std::optional<int> signal;
    {
        Session session(options, *file, log);
        const int status = session.run();
        signal = session.ended_by();
        if (!signal.has_value()) return status;
    }
    io::end_by_signal(*signal);
}

}  // namespace elytra::cli
