#include "server/storage/manifest.hpp"

#include <algorithm>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"

namespace elytra::storage {
namespace {

// Types whose bytes on disk are their bytes in memory.
template <class T>
concept Plain = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

// Copies values out of bytes whose size was checked before.
class Source {
public:
    explicit Source(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <Plain T>
    T take() {
        ELYTRA_ASSERT(sizeof(T) <= bytes_.size());
        T value;
        std::memcpy(&value, bytes_.data(), sizeof(T));
        bytes_ = bytes_.subspan(sizeof(T));
        return value;
    }

private:
    std::span<const std::byte> bytes_;
};

class Sink {
public:
    explicit Sink(std::span<std::byte> bytes) : bytes_(bytes) {}

    template <Plain T>
    void put(const T& value) {
        ELYTRA_ASSERT(sizeof(T) <= bytes_.size() - size_);
        std::memcpy(bytes_.data() + size_, &value, sizeof(T));
        size_ += sizeof(T);
    }

    std::uint32_t fill_with_zeros() {
        std::ranges::fill(bytes_.subspan(size_), std::byte{});
        return narrow<std::uint32_t>(size_);
    }

private:
    std::span<std::byte> bytes_;
    std::size_t size_ = 0;
};

std::size_t refs_per_block(std::uint32_t chunk_size) { return chunk_size / sizeof(BlockRef); }

std::uint64_t root_size(std::size_t segment_count, std::size_t leaf_count) {
    return sizeof(ManifestHeader) + segment_count * sizeof(SegmentDescriptor) +
           leaf_count * sizeof(BlockRef);
}

std::uint64_t count_chunks(std::span<const SegmentDescriptor> segments) {
    std::uint64_t count = 0;
    for (const SegmentDescriptor& segment : segments) count += segment.chunk_count;
    return count;
}

// The sizes of the chunks of all segments, one after the other.
class ChunkSizes {
public:
    // Starts at the chunk with this index over all segments.
    ChunkSizes(std::span<const SegmentDescriptor> segments, std::uint32_t chunk_size,
               std::size_t chunk_index)
        : segments_(segments), chunk_size_(chunk_size), chunk_index_(chunk_index) {}

    std::uint32_t next() {
        while (chunk_index_ >= segments_.front().chunk_count) {
            chunk_index_ -= segments_.front().chunk_count;
            segments_ = segments_.subspan(1);
        }
        return chunk_size_of(segments_.front(), chunk_index_++, chunk_size_);
    }

private:
    std::span<const SegmentDescriptor> segments_;
    std::uint32_t chunk_size_;
    std::size_t chunk_index_;
};

Result<void, ManifestError> check_header(const ManifestHeader& header, std::uint64_t size,
                                         const ManifestBounds& bounds) {
    if (header.magic != manifest_magic) return Unexpected(ManifestError::wrong_magic);
    if (header.version != manifest_version) return Unexpected(ManifestError::unknown_version);
    if (header.chunk_size != bounds.chunk_size) return Unexpected(ManifestError::wrong_chunk_size);
    if (header.segment_count > segments_max) return Unexpected(ManifestError::bad_segment);
    if (size != root_size(header.segment_count, header.leaf_count)) {
        return Unexpected(ManifestError::wrong_size);
    }
    return {};
}

Result<void, ManifestError> check_segment(const SegmentDescriptor& segment,
                                          std::span<const SegmentDescriptor> before,
                                          const ManifestBounds& bounds) {
    if (segment.reserved != 0) return Unexpected(ManifestError::bad_padding);
    if (segment.size > bounds.end - bounds.begin) return Unexpected(ManifestError::bad_segment);
    if (segment.chunk_count != chunk_count(segment.size, bounds.chunk_size)) {
        return Unexpected(ManifestError::bad_segment);
    }
    const bool id_taken = std::ranges::any_of(
        before, [&](const SegmentDescriptor& other) { return other.id == segment.id; });
    if (id_taken) return Unexpected(ManifestError::bad_segment);
    return {};
}

bool is_inside(const Extent& extent, const ManifestBounds& bounds) {
    return extent.offset % sector_size == 0 && extent.offset >= bounds.begin &&
           extent.offset <= bounds.end && extent.size <= bounds.end - extent.offset;
}

Result<void, ManifestError> check_ref(const BlockRef& ref, std::uint64_t expected_size,
                                      const ManifestBounds& bounds) {
    if (ref.reserved != 0) return Unexpected(ManifestError::bad_padding);
    const bool good = ref.size == expected_size && is_inside(extent_of(ref), bounds);
    if (!good) return Unexpected(ManifestError::bad_reference);
    return {};
}

std::size_t refs_in_leaf(std::size_t chunks_total, std::size_t leaf_index,
                         std::uint32_t chunk_size) {
    const std::size_t first = leaf_index * refs_per_block(chunk_size);
    ELYTRA_ASSERT(first < chunks_total);
    return std::min(chunks_total - first, refs_per_block(chunk_size));
}

}  // namespace

std::size_t Manifest::first_chunk(std::size_t segment_index) const {
    ELYTRA_ASSERT(segment_index < segments.size());
    return count_chunks(std::span(segments).first(segment_index));
}

Extent extent_of(const BlockRef& block) {
    return {.offset = block.offset, .size = block.size_on_disk()};
}

Extent extent_of(const ManifestRoot& root) {
    return {.offset = root.offset, .size = round_up<std::uint64_t>(root.size, sector_size)};
}

std::vector<Extent> extents_of(const ManifestRoot& root, const Manifest& manifest) {
    std::vector<Extent> extents;
    if (root.size == 0) return extents;
    extents.reserve(1 + manifest.leaves.size() + manifest.chunks.size());
    extents.push_back(extent_of(root));
    for (const BlockRef& leaf : manifest.leaves) extents.push_back(extent_of(leaf));
    for (const BlockRef& chunk : manifest.chunks) extents.push_back(extent_of(chunk));
    return extents;
}

std::string_view to_text(ManifestError error) {
    switch (error) {
        case ManifestError::wrong_size:
            return "wrong size";
        case ManifestError::wrong_magic:
            return "wrong magic number";
        case ManifestError::unknown_version:
            return "unknown version";
        case ManifestError::wrong_chunk_size:
            return "wrong chunk size";
        case ManifestError::bad_segment:
            return "bad segment";
        case ManifestError::bad_reference:
            return "bad reference";
        case ManifestError::bad_padding:
            return "padding that is not zero";
    }
    ELYTRA_ASSERT(false);
}

std::uint64_t chunk_count(std::uint64_t segment_size, std::uint32_t chunk_size) {
    return segment_size / chunk_size + (segment_size % chunk_size != 0 ? 1 : 0);
}

std::uint32_t chunk_size_of(const SegmentDescriptor& segment, std::size_t chunk_index,
                            std::uint32_t chunk_size) {
    ELYTRA_ASSERT(chunk_index < segment.chunk_count);
    const std::uint64_t begin = std::uint64_t{chunk_index} * chunk_size;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(segment.size - begin, chunk_size));
}

std::size_t leaf_count(std::size_t chunk_count, std::uint32_t chunk_size) {
    return chunk_count / refs_per_block(chunk_size) +
           (chunk_count % refs_per_block(chunk_size) != 0 ? 1 : 0);
}

std::uint64_t manifest_chunks_max(std::uint32_t chunk_size) {
    ELYTRA_ASSERT(chunk_size >= root_size(segments_max, 1));
    const std::uint64_t leaves = (chunk_size - root_size(segments_max, 0)) / sizeof(BlockRef);
    return leaves * refs_per_block(chunk_size);
}

std::uint32_t encode_root(const Manifest& manifest, std::uint32_t chunk_size,
                          std::span<std::byte> block) {
    ELYTRA_ASSERT(block.size() == chunk_size);
    ELYTRA_ASSERT(manifest.chunks.size() == count_chunks(manifest.segments));
    ELYTRA_ASSERT(manifest.leaves.size() == leaf_count(manifest.chunks.size(), chunk_size));
    Sink sink(block);
    sink.put(ManifestHeader{
        .chunk_size = chunk_size,
        .op = manifest.op.value,
        .segment_count = narrow<std::uint32_t>(manifest.segments.size()),
        .leaf_count = narrow<std::uint32_t>(manifest.leaves.size()),
    });
    for (const SegmentDescriptor& segment : manifest.segments) sink.put(segment);
    for (const BlockRef& leaf : manifest.leaves) sink.put(leaf);
    return sink.fill_with_zeros();
}

std::uint32_t encode_leaf(const Manifest& manifest, std::size_t leaf_index,
                          std::span<std::byte> block) {
    const auto chunk_size = narrow<std::uint32_t>(block.size());
    const std::size_t first = leaf_index * refs_per_block(chunk_size);
    const std::size_t count = refs_in_leaf(manifest.chunks.size(), leaf_index, chunk_size);
    Sink sink(block);
    for (const BlockRef& chunk : std::span(manifest.chunks).subspan(first, count)) sink.put(chunk);
    return sink.fill_with_zeros();
}

Result<void, ManifestError> check_root(const ManifestRoot& root, const ManifestBounds& bounds) {
    if (root.size < sizeof(ManifestHeader) || root.size > bounds.chunk_size) {
        return Unexpected(ManifestError::wrong_size);
    }
    if (!is_inside(extent_of(root), bounds)) return Unexpected(ManifestError::bad_reference);
    return {};
}

Result<Manifest, ManifestError> decode_root(std::span<const std::byte> block, std::uint64_t size,
                                            const ManifestBounds& bounds) {
    if (size < sizeof(ManifestHeader) || size > block.size() || size > bounds.chunk_size) {
        return Unexpected(ManifestError::wrong_size);
    }
    Source source(block);
    const auto header = source.take<ManifestHeader>();
    if (const auto checked = check_header(header, size, bounds); !checked.has_value()) {
        return Unexpected(checked.error());
    }
    Manifest manifest{.op = Op{header.op}, .segments = {}, .chunks = {}, .leaves = {}};
    for (std::uint32_t i = 0; i < header.segment_count; ++i) {
        const auto segment = source.take<SegmentDescriptor>();
        const auto checked = check_segment(segment, manifest.segments, bounds);
        if (!checked.has_value()) return Unexpected(checked.error());
        manifest.segments.push_back(segment);
    }
    const std::uint64_t chunks = count_chunks(manifest.segments);
    if (header.leaf_count != leaf_count(chunks, bounds.chunk_size)) {
        return Unexpected(ManifestError::bad_segment);
    }
    for (std::uint32_t i = 0; i < header.leaf_count; ++i) {
        const auto leaf = source.take<BlockRef>();
        const std::size_t expected = refs_in_leaf(chunks, i, bounds.chunk_size) * sizeof(BlockRef);
        const auto checked = check_ref(leaf, expected, bounds);
        if (!checked.has_value()) return Unexpected(checked.error());
        manifest.leaves.push_back(leaf);
    }
    if (!wire::all_zero(block.subspan(size))) return Unexpected(ManifestError::bad_padding);
    return manifest;
}

Result<void, ManifestError> decode_leaf(std::span<const std::byte> block,
                                        const ManifestBounds& bounds, Manifest& manifest) {
    const std::size_t decoded = manifest.chunks.size();
    const std::size_t leaf_index = decoded / refs_per_block(bounds.chunk_size);
    ELYTRA_ASSERT(leaf_index < manifest.leaves.size());
    const std::uint32_t size = manifest.leaves[leaf_index].size;
    if (block.size() < size) return Unexpected(ManifestError::wrong_size);

    Source source(block);
    ChunkSizes sizes(manifest.segments, bounds.chunk_size, decoded);
    for (std::size_t i = 0; i < size / sizeof(BlockRef); ++i) {
        const auto chunk = source.take<BlockRef>();
        const auto checked = check_ref(chunk, sizes.next(), bounds);
        if (!checked.has_value()) return checked;
        manifest.chunks.push_back(chunk);
    }
    if (!wire::all_zero(block.subspan(size))) return Unexpected(ManifestError::bad_padding);
    return {};
}

}  // namespace elytra::storage
