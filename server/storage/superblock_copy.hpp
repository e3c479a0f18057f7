#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/result.hpp"
#include "server/common/strong.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/manifest_root.hpp"
#include "server/wire/header.hpp"

// What a superblock says, and its bytes.
namespace elytra::storage {

inline constexpr std::uint32_t format_version = 3;
inline constexpr std::size_t suffix_headers_max = 67;  // pipeline of 64, and three more

struct Identity {
    ClusterId cluster;
    ReplicaIndex replica;
    std::uint8_t replica_count = 0;  // voting replicas
    bool standby = false;
    std::uint32_t release = 0;  // that formatted the file

    bool operator==(const Identity&) const = default;
};

// A header of which every byte is zero: "none", and the header of op 0.
inline constexpr wire::PrepareHeader prepare_header_zero{.frame = {.size = 0}};

struct CheckpointRoot {
    Op op;  // 0: the empty state
    std::uint64_t timestamp = 0;
    u128 id = 0;
    wire::PrepareHeader header = prepare_header_zero;  // of `op`
    ManifestRoot manifest;
    ManifestRoot
        previous_manifest;  // of the checkpoint before: still openable, so not yet reusable
};

// One version of the superblock. Each number only ever grows.
struct SuperblockState {
    Identity identity;
    std::uint64_t log_size = 0;  // with the number of evidence sectors it fixes all offsets
    std::uint32_t evidence_sectors = 0;
    View view;        // entered or promised
    View log_view;    // in which the log was authoritative last
    View view_floor;  // a recovered file must not act below
    std::uint64_t commit_max = 0;
    Lsn log_tail;          // records below are no longer needed
    bool complete = true;  // false while state sync is filling the page store
    CheckpointRoot checkpoint;
    std::uint32_t suffix_count = 0;
    std::array<wire::PrepareHeader, suffix_headers_max> suffix_headers = [] {
        std::array<wire::PrepareHeader, suffix_headers_max> headers{};
        headers.fill(prepare_header_zero);
        return headers;
    }();
    std::uint64_t sequence = 0;  // of this version; filled in by the writer
    u128 parent_checksum = 0;    // of the version before; filled in by the writer
};

struct SuperblockCopy {
    SuperblockState state;
    u128 checksum = 0;             // names the version: equal in all its copies
    std::uint8_t copy_number = 0;  // data: any value may be read
};

// Writes all superblock_copy_size bytes and returns the checksum, which does not depend on the
// number. Requires: a state that is valid, as decode_superblock_copy() demands.
u128 encode_superblock_copy(const SuperblockState& state, std::uint8_t copy_number,
                            std::span<std::byte> bytes);

struct SuperblockDecodeError {
    enum class Kind : std::uint8_t { damaged, unknown_version };
    Kind kind{};
    std::uint32_t version = 0;  // with unknown_version: the one that was found
};

Result<SuperblockCopy, SuperblockDecodeError> decode_superblock_copy(
    std::span<const std::byte> bytes);

}  // namespace elytra::storage
