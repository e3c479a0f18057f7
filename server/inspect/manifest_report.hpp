#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/common/limits.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/damage.hpp"
#include "server/storage/free_extents.hpp"
#include "server/storage/manifest.hpp"
#include "server/storage/manifest_root.hpp"
#include "server/storage/superblock_copy.hpp"

namespace elytra::inspect {

// The table of contents of one checkpoint.
struct ManifestReport {
    std::string_view name;                      // "newest" or "previous"
    storage::ManifestRoot root;                 // of size 0: there is no such checkpoint
    std::optional<storage::Manifest> manifest;  // complete, or nothing
    std::vector<storage::SegmentPlace> places;  // by segment
    std::optional<Damage> damage;               // why there is no manifest

    // Empty without such a segment.
    std::optional<std::span<const storage::BlockRef>> find(std::uint32_t segment) const;
};

ManifestReport read_manifest(ByteSource& source, const Limits& limits, std::string_view name,
                             const storage::ManifestRoot& root);

// Both checkpoints at which a file can be opened.
struct Checkpoints {
    ManifestReport newest;
    ManifestReport previous;
};

Checkpoints read_checkpoints(ByteSource& source, const Limits& limits,
                             const storage::CheckpointRoot& checkpoint);

// What a checkpoint uses, ascending.
std::vector<storage::Extent> extents_of(const ManifestReport& report);

// Places that are referred to twice, by one checkpoint or by both in different ways.
std::vector<Damage> overlaps(const Checkpoints& checkpoints);

}  // namespace elytra::inspect
