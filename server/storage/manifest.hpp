#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/result.hpp"
#include "server/common/strong.hpp"
#include "server/storage/free_extents.hpp"
#include "server/storage/manifest_root.hpp"

// The table of contents of a checkpoint, in memory and on disk (byte tables: page_store.md beside
// this file). On disk it is a tree of two levels: a root block with the segments and the references
// of the leaves, and leaves with the references of the chunks. A reference holds the checksum of
// what it refers to, so the superblock, which refers to the root, vouches for every byte of a
// checkpoint.
namespace elytra::storage {

inline constexpr std::uint64_t manifest_magic = 0x5453'4649'4e41'4d45;  // "EMANIFST" on disk
inline constexpr std::uint32_t manifest_version = 1;
inline constexpr std::uint32_t segments_max = 128;  // tables, sessions and a reply for each

// A piece of the page store, as its parent knows it: a chunk of a segment, or a leaf.
struct BlockRef {
    u128 checksum = 0;  // of the whole sectors
    std::uint64_t offset = 0;
    std::uint32_t size = 0;  // bytes of meaning; on disk zeros follow up to a whole sector
    std::uint32_t reserved = 0;

    std::uint64_t size_on_disk() const { return round_up<std::uint64_t>(size, sector_size); }

    bool operator==(const BlockRef&) const = default;
};

struct SegmentDescriptor {
    std::uint64_t size = 0;         // bytes of meaning
    std::uint32_t chunk_count = 0;  // all but the last are as long as a chunk can be
    std::uint16_t id = 0;           // unique in a checkpoint
    std::uint16_t reserved = 0;

    bool operator==(const SegmentDescriptor&) const = default;
};

struct ManifestHeader {
    std::uint64_t magic = manifest_magic;
    std::uint32_t version = manifest_version;
    std::uint32_t chunk_size = 0;
    std::uint64_t op = 0;
    std::uint32_t segment_count = 0;
    std::uint32_t leaf_count = 0;
};

static_assert(sizeof(BlockRef) == 32 && std::has_unique_object_representations_v<BlockRef>);
static_assert(sizeof(SegmentDescriptor) == 16 &&
              std::has_unique_object_representations_v<SegmentDescriptor>);
static_assert(sizeof(ManifestHeader) == 32 &&
              std::has_unique_object_representations_v<ManifestHeader>);

struct Manifest {
    Op op;  // the last one whose effects are in the checkpoint
    std::vector<SegmentDescriptor> segments;
    std::vector<BlockRef> chunks;  // of all segments, in the order of the segments
    std::vector<BlockRef> leaves;

    // The index in `chunks` of the segment's first chunk.
    std::size_t first_chunk(std::size_t segment_index) const;

    bool operator==(const Manifest&) const = default;
};

Extent extent_of(const BlockRef& block);
Extent extent_of(const ManifestRoot& root);

// Everything that the checkpoint uses: root, leaves and chunks. Nothing for a root of size 0.
std::vector<Extent> extents_of(const ManifestRoot& root, const Manifest& manifest);

// What a manifest of this file can refer to.
struct ManifestBounds {
    std::uint32_t chunk_size = 0;  // also the largest size of a manifest block
    std::uint64_t begin = 0;       // of the page store
    std::uint64_t end = 0;
};

enum class ManifestError : std::uint8_t {
    wrong_size,
    wrong_magic,
    unknown_version,
    wrong_chunk_size,
    bad_segment,    // sizes that contradict each other, or an id twice
    bad_reference,  // outside of the page store, unaligned, or of a wrong size
    bad_padding,    // reserved bytes that are not zero
};

std::string_view to_text(ManifestError error);

std::uint64_t chunk_count(std::uint64_t segment_size, std::uint32_t chunk_size);

// Bytes of meaning of one chunk. Requires: the segment has that chunk.
std::uint32_t chunk_size_of(const SegmentDescriptor& segment, std::size_t chunk_index,
                            std::uint32_t chunk_size);

std::size_t leaf_count(std::size_t chunk_count, std::uint32_t chunk_size);

// More chunks do not fit below one root, whatever the segments are.
std::uint64_t manifest_chunks_max(std::uint32_t chunk_size);

// Fill `block`, zeros behind the meaning included; the result is the size of the meaning.
// Requires: `block` is a chunk long and the manifest fits (manifest_chunks_max).
std::uint32_t encode_root(const Manifest& manifest, std::uint32_t chunk_size,
                          std::span<std::byte> block);
std::uint32_t encode_leaf(const Manifest& manifest, std::size_t leaf_index,
                          std::span<std::byte> block);

// Whether the root block can be where the superblock says. Requires: a size above 0.
Result<void, ManifestError> check_root(const ManifestRoot& root, const ManifestBounds& bounds);

// The manifest without its chunks, which the leaves add one after the other. `block` is a whole
// number of sectors, `size` its bytes of meaning. Nothing in it is trusted, not even behind a right
// checksum.
Result<Manifest, ManifestError> decode_root(std::span<const std::byte> block, std::uint64_t size,
                                            const ManifestBounds& bounds);

// Appends the chunks of the next leaf of `manifest`. On an error the manifest is to be thrown away.
// Requires: `manifest` came from decode_root() with these bounds and lacks a leaf's chunks.
Result<void, ManifestError> decode_leaf(std::span<const std::byte> block,
                                        const ManifestBounds& bounds, Manifest& manifest);

}  // namespace elytra::storage
