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
inline constexpr std::uint32_t manifest_version = 2;
inline constexpr std::uint32_t segments_max = 4096;  // see also segments_fit()

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
    std::uint64_t size = 0;         // bytes of meaning of all its chunks together
    std::uint32_t chunk_count = 0;  // each of any size from one byte to a full chunk
    std::uint32_t id = 0;           // unique in a checkpoint

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

    bool operator==(const Manifest&) const = default;
};

// Where the chunks of a segment are in Manifest::chunks.
struct SegmentPlace {
    std::uint32_t id = 0;
    std::uint32_t chunk_count = 0;
    std::size_t first_chunk = 0;
};

// Of all segments of the manifest, by ascending id.
std::vector<SegmentPlace> places_of(const Manifest& manifest);

// The segment with this id among places in ascending order; nullptr if there is none.
const SegmentPlace* find_place(std::span<const SegmentPlace> places, std::uint32_t id);

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

std::size_t leaf_count(std::size_t chunk_count, std::uint32_t chunk_size);

// How many segments a checkpoint can have: their descriptors take at most half of the root block.
constexpr std::uint32_t segments_fit(std::uint32_t chunk_size) {
    const std::uint64_t descriptors = chunk_size / 2 / sizeof(SegmentDescriptor);
    return descriptors < segments_max ? static_cast<std::uint32_t>(descriptors) : segments_max;
}

static_assert(segments_fit(8U << 10) >= 200);
static_assert(segments_fit(1U << 20) == segments_max);

// More chunks do not fit below one root, whatever the segments are.
std::uint64_t manifest_chunks_max(std::uint32_t chunk_size);

// Fill `block`, zeros behind the meaning included; the result is the size of the meaning.
// Requires: `block` is a chunk long and the manifest fits (segments_fit, manifest_chunks_max).
std::uint32_t encode_root(const Manifest& manifest, std::uint32_t chunk_size,
                          std::span<std::byte> block);
std::uint32_t encode_leaf(const Manifest& manifest, std::size_t leaf_index,
                          std::span<std::byte> block);

// The version that a block claims which failed to decode with ManifestError::unknown_version.
std::uint32_t version_in_root(std::span<const std::byte> block);

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
