#pragma once

#include "server/cli/inspect_options.hpp"
#include "server/cli/inspect_output.hpp"
#include "server/common/limits.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/superblock_report.hpp"
#include "server/io/logging.hpp"

// What the sub-commands of `inspect` show: each is one function that returns the exit status.
namespace elytra::cli {

// An open file, and where to print.
struct InspectContext {
    const InspectOptions& options;
    const Limits& limits;
    inspect::ByteSource& source;
    const inspect::SuperblockReport& superblock;
    InspectOutput& output;
    const io::Log& log;
};

// Needs one intact copy; the others need one that a server would open.
int show_superblock(const InspectContext& context);

int show_wal(const InspectContext& context);
int show_replies(const InspectContext& context);
int show_grid(const InspectContext& context);
int show_manifest(const InspectContext& context);
int show_tables(const InspectContext& context);
int show_integrity(const InspectContext& context);

}  // namespace elytra::cli
