#include "server/cli/format_command.hpp"

#include <string>

#include "server/cli/existing_file.hpp"
#include "server/cli/program.hpp"
#include "server/common/text.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/file_error.hpp"
#include "server/io/logging.hpp"
#include "server/io/new_data_file.hpp"
#include "server/io/random.hpp"
#include "server/io/signals.hpp"
#include "server/runtime/format.hpp"
#include "server/storage/layout.hpp"
#include "server/wire/release.hpp"

namespace elytra::cli {
namespace {

// The temporary name under which the file was written is nobody's business.
int refuse(io::FileError error, const std::string& path) {
    error.path = path;
    print_refusal({{io::to_text(error)}});
    return static_cast<int>(io::exit_code_of(error));
}

io::FileError describe(io::FileError error, const std::string& path) {
    if (error.kind != io::FileErrorKind::already_exists) return error;
    const std::string found = describe_existing_file(path);
    if (!found.empty()) error.reason += "; " + found;
    return error;
}

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
    if (!created.has_value()) return refuse(describe(created.error(), options.path), options.path);
    log.info("creating \"{}\", {} bytes", options.path, size);
    io::log_warnings(file.file(), log);
    const ClusterId cluster = choose_cluster(options, log);
    const runtime::FormatPlan plan{.identity = identity_of(options, cluster), .limits = limits};
    const auto formatted = runtime::format(file.file(), plan);
    if (!formatted.has_value()) return refuse(formatted.error(), options.path);
    const auto published = file.publish();
    if (!published.has_value()) return refuse(published.error(), options.path);
    log.scoped("main").info("{}: formatted: cluster={} replica_count={}", options.replica,
                            to_decimal(cluster.value), options.replica_count);
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace elytra::cli
