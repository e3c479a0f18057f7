#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/cli/flags.hpp"
#include "server/inspect/trees.hpp"

namespace elytra::cli {

enum class Inspection : std::uint8_t {
    superblock,
    wal,
    replies,
    grid,
    manifest,
    tables,
    integrity
};

enum class OutputForm : std::uint8_t { text, json };

// What `inspect` shall show of a data file.
struct InspectOptions {
    Inspection inspection{};
    std::string path;
    OutputForm form = OutputForm::text;
    std::optional<std::uint32_t> slot;             // wal: of an op; replies: of a session
    std::optional<std::uint32_t> superblock_copy;  // whose checkpoint; else the chosen one
    std::optional<std::uint64_t> block;            // grid: offset in the file / sector size
    inspect::Tree tree{};                          // tables
    std::optional<std::uint32_t> level;            // tables: tier
    // integrity
    std::uint64_t seed = 0;
    bool skip_wal = false;
    bool skip_client_replies = false;
    bool skip_grid = false;
    bool force = false;
    bool log_debug = false;
};

// Ops share a slot when they are equal modulo this.
inline constexpr std::uint32_t wal_slots = 1024;

Request<InspectOptions> parse_inspect_options(Arguments arguments);

}  // namespace elytra::cli
