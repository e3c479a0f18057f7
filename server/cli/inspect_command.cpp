#include "server/cli/inspect_command.hpp"

#include <cstdio>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "server/cli/file_bytes.hpp"
#include "server/cli/inspect_output.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/cli/open_fault_text.hpp"
#include "server/cli/program.hpp"
#include "server/io/data_file.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/file_error.hpp"
#include "server/io/logging.hpp"
#include "server/io/signals.hpp"
#include "server/storage/layout.hpp"

namespace elytra::cli {
namespace {

using storage::SuperblockFailure;

// What a server holds open changes while it is read. It may be shown all the same, but to call what
// is half written damage would be wrong.
std::optional<int> check_lock(const io::DataFile& file, const InspectOptions& options,
                              const io::Log& log) {
    if (!file.locked_elsewhere()) return std::nullopt;
    if (options.inspection == Inspection::integrity && !options.force) {
        return print_refusal({{describe_error(
            "cannot verify data file", file.path(),
            "another process holds its lock, and what it is writing looks like damage; stop the "
            "server first, or add --force and do not take what is found for damage")}});
    }
    log.warning("another process holds the lock of {}: results may be inconsistent", file.path());
    return std::nullopt;
}

int refuse_superblock(const io::DataFile& file, const inspect::SuperblockReport& report,
                      std::uint64_t size_min) {
    if (report.failure == SuperblockFailure::not_a_data_file) {
        const std::string size =
            fmt::format("it has {} bytes, a data file has at least {}", file.size(), size_min);
        return print_refusal({{describe_error(
            fmt::format("no valid superblock in {}", file.path()), {},
            fmt::format("none of the four copies is intact{}; it is no data file, or destroyed",
                        file.size() < size_min ? "; " + size : ""))}});
    }
    vsr::OpenFault fault;
    fault.kind = vsr::OpenFault::Kind::superblock;
    fault.found = report.found;
    fault.superblock = report.failure;
    return print_refusal({{describe_open_fault(file.path(), fault)}});
}

// Whether the file is one of ours as far as this inspection needs it.
std::optional<int> check_file(const io::DataFile& file, const inspect::SuperblockReport& report,
                              Inspection inspection, const Limits& limits) {
    const std::uint64_t size_min = storage::layout_of(limits).page_store_offset;
    const bool shows_copies = inspection == Inspection::superblock && report.any_intact();
    if (report.failure != SuperblockFailure::none && !shows_copies) {
        return refuse_superblock(file, report, size_min);
    }
    if (file.size() >= size_min || inspection == Inspection::superblock) return std::nullopt;
    return print_refusal({{describe_error(
        "cannot inspect data file", file.path(),
        fmt::format("it is truncated: it has {} bytes, a data file has at least {}", file.size(),
                    size_min))}});
}

int show(const InspectContext& context) {
    switch (context.options.inspection) {
        case Inspection::superblock:
            return show_superblock(context);
        case Inspection::wal:
            return show_wal(context);
        case Inspection::replies:
            return show_replies(context);
        case Inspection::grid:
            return show_grid(context);
        case Inspection::manifest:
            return show_manifest(context);
        case Inspection::tables:
            return show_tables(context);
        case Inspection::integrity:
            return show_integrity(context);
    }
    return static_cast<int>(io::ExitCode::refused);
}

}  // namespace

int run_inspect(const InspectOptions& options) {
    io::ignore_write_signals();
    const io::Log log =
        io::Log(options.log_debug ? io::LogLevel::debug : io::LogLevel::info).scoped("inspect");
    const auto file = io::DataFile::open_to_inspect(options.path);
    if (!file.has_value()) return print_refusal({{io::to_text(file.error())}});
    if (const auto refused = check_lock(*file, options, log)) return *refused;
    const Limits limits = limits_production();
    FileBytes source(*file);
    const inspect::SuperblockReport superblock = inspect::read_superblock(source, limits);
    if (const auto refused = check_file(*file, superblock, options.inspection, limits)) {
        return *refused;
    }
    InspectOutput output(options.form, stdout);
    const int status = show({.options = options,
                             .limits = limits,
                             .source = source,
                             .superblock = superblock,
                             .output = output,
                             .log = log});
    if (!output.finish()) {
        return print_refusal({{describe_error("stdout", {}, io::error_text(output.error()))}});
    }
    if (source.error() == 0) return status;
    return print_refusal(
        {{describe_error("cannot read data file", options.path, io::error_text(source.error()))}});
}

}  // namespace elytra::cli
