#include "server/cli/format_command.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "server/cli/program.hpp"
#include "server/common/text.hpp"
#include "server/io/asio.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/logging.hpp"
#include "server/io/new_data_file.hpp"
#include "server/io/random.hpp"
#include "server/io/signals.hpp"
#include "server/runtime/format.hpp"
#include "server/storage/layout.hpp"
#include "server/wire/release.hpp"

namespace elytra::cli {
namespace {

int refuse(const io::FileError& error) { return print_refusal({{io::to_text(error)}}); }

ClusterId choose_cluster(const FormatOptions& options, const io::Log& log) {
    if (options.cluster.has_value()) {
        if (*options.cluster == 0 && !options.development) {
            log.warning("cluster id 0 is reserved for tests and benchmarks");
            log.warning("leave out --cluster to get a random id");
        }
        return ClusterId{*options.cluster};
    }
    ClusterId cluster;
    while (cluster.value == 0) cluster.value = io::random_u128();
    log.info("random cluster id: {}", to_decimal(cluster.value));
    return cluster;
}

storage::Identity identity_of(const FormatOptions& options, ClusterId cluster) {
    return {.cluster = cluster,
            .replica = ReplicaIndex{options.replica},
            .replica_count = options.replica_count,
            .standby = options.replica >= options.replica_count,
            .release = wire::release_server.value};
}

}  // namespace

int run_format(const FormatOptions& options) {
    io::ignore_write_signals();
    const io::Log log(options.log_debug ? io::LogLevel::debug : io::LogLevel::info);
    const Limits limits = limits_production();
    const std::uint64_t size = storage::layout_of(limits).page_store_offset;
    const auto direct_io = options.development ? io::DirectIo::preferred : io::DirectIo::required;
    io::NewDataFile file(options.path);
    const auto created = file.create(size, direct_io);
    if (!created.has_value()) return refuse(created.error());
    log.info("creating \"{}\", {} bytes", options.path, size);
    io::log_warnings(file.file(), log);
    const ClusterId cluster = choose_cluster(options, log);
    io::asio::io_context loop;
    const runtime::FormatPlan plan{.identity = identity_of(options, cluster), .limits = limits};
    if (runtime::format(loop, file.file(), plan, log) == storage::FormatStatus::no_space) {
        return print_refusal(
            {{describe_error("cannot create data file", options.path, "no space left on device")}});
    }
    const auto published = file.publish();
    if (!published.has_value()) return refuse(published.error());
    log.scoped("main").info("{}: formatted: cluster={} replica_count={}", options.replica,
                            to_decimal(cluster.value), options.replica_count);
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace elytra::cli
