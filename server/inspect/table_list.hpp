#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/inspect/trees.hpp"
#include "server/storage/superblock_copy.hpp"

namespace elytra::inspect {

// A part of a tree that is verified by one checksum.
struct TableChunk {
    enum class Place : std::uint8_t {
        newest,  // checkpoint only
        both,    // checkpoints
        log,     // only: what the newest operations have created
    };

    Place place{};
    std::string_view part{};  // such as "pages"
    std::uint32_t level = 0;  // tier
    bool has_keys = false;
    std::uint64_t key_min = 0;
    std::optional<std::uint64_t> key_max{};  // in the last page: nothing if that is damaged
    std::uint64_t values = 0;                // rows, pairs, accounts or events
    std::uint64_t pages = 0;
    std::uint32_t segment = 0;  // not in the log
    std::uint32_t chunk = 0;
    std::uint64_t op = 0;  // in the log
    u128 checksum = 0;
    std::uint64_t offset = 0;  // in the file
};

// The chunks of a tree in the newest checkpoint, of all tiers or of one. `content` is of that
// checkpoint, has a catalog, and gets the damage.
std::vector<TableChunk> list_chunks(ByteSource& source, const Limits& limits,
                                    const Checkpoints& checkpoints, Content& content,
                                    const Tree& tree, std::optional<std::uint32_t> level);

// The records of the log that create accounts or transfers and are not in a checkpoint yet. Only
// these two trees have any.
std::vector<TableChunk> list_log(ByteSource& source, const Limits& limits,
                                 const storage::SuperblockState& superblock, const Tree& tree);

}  // namespace elytra::inspect
