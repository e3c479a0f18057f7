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

Result<void, ManifestError> check_header(const ManifestHeader& header, std::uint64_t size,
                                         const ManifestBounds& bounds) {
    if (header.magic != manifest_magic) return Unexpected(ManifestError::wrong_magic);
    if (header.version != manifest_version) return Unexpected(ManifestError::unknown_version);
    if (header.chunk_size != bounds.chunk_size) return Unexpected(ManifestError::wrong_chunk_size);
    if (header.segment_count > segments_fit(bounds.chunk_size)) {
        return Unexpected(ManifestError::bad_segment);
    }
    if (size != root_size(header.segment_count, header.leaf_count)) {
        return Unexpected(ManifestError::wrong_size);
    }
    return {};
}

Result<void, ManifestError> check_segment(const SegmentDescriptor& segment,
                                          const ManifestBounds& bounds) {
    const std::uint64_t size_max = std::uint64_t{segment.chunk_count} * bounds.chunk_size;
    const bool good = segment.size >= segment.chunk_count && segment.size <= size_max &&
                      segment.size <= bounds.end - bounds.begin;
    if (!good) return Unexpected(ManifestError::bad_segment);
    return {};
}

bool ids_are_unique(std::span<const SegmentDescriptor> segments) {
    std::vector<std::uint32_t> ids;
    ids.reserve(segments.size());
    for (const SegmentDescriptor& segment : segments) ids.push_back(segment.id);
    std::ranges::sort(ids);
    return std::ranges::adjacent_find(ids) == ids.end();
}

// Whether the chunks of each segment have the size of the segment. Requires: all leaves decoded.
bool sizes_agree(const Manifest& manifest) {
    std::span<const BlockRef> rest = manifest.chunks;
    for (const SegmentDescriptor& segment : manifest.segments) {
        std::uint64_t size = 0;
        for (const BlockRef& chunk : rest.first(segment.chunk_count)) size += chunk.size;
        if (size != segment.size) return false;
        rest = rest.subspan(segment.chunk_count);
    }
    return true;
}

bool is_inside(const Extent& extent, const ManifestBounds& bounds) {
    return extent.offset % sector_size == 0 && extent.offset >= bounds.begin &&
           extent.offset <= bounds.end && extent.size <= bounds.end - extent.offset;
}

Result<void, ManifestError> check_ref(const BlockRef& ref, const ManifestBounds& bounds) {
    if (ref.reserved != 0) return Unexpected(ManifestError::bad_padding);
    const bool good =
        ref.size > 0 && ref.size <= bounds.chunk_size && is_inside(extent_of(ref), bounds);
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

std::vector<SegmentPlace> places_of(const Manifest& manifest) {
    std::vector<SegmentPlace> places;
    places.reserve(manifest.segments.size());
    std::size_t first_chunk = 0;
    for (const SegmentDescriptor& segment : manifest.segments) {
        places.push_back(
            {.id = segment.id, .chunk_count = segment.chunk_count, .first_chunk = first_chunk});
        first_chunk += segment.chunk_count;
    }
    std::ranges::sort(places, {}, &SegmentPlace::id);
    return places;
}

const SegmentPlace* find_place(std::span<const SegmentPlace> places, std::uint32_t id) {
    const auto place = std::ranges::lower_bound(places, id, {}, &SegmentPlace::id);
    return place != places.end() && place->id == id ? &*place : nullptr;
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

std::size_t leaf_count(std::size_t chunk_count, std::uint32_t chunk_size) {
    return chunk_count / refs_per_block(chunk_size) +
           (chunk_count % refs_per_block(chunk_size) != 0 ? 1 : 0);
}

std::uint64_t manifest_chunks_max(std::uint32_t chunk_size) {
    const std::uint64_t descriptors = root_size(segments_fit(chunk_size), 0);
    ELYTRA_ASSERT(chunk_size > descriptors);
    const std::uint64_t leaves = (chunk_size - descriptors) / sizeof(BlockRef);
    return leaves * refs_per_block(chunk_size);
}

std::uint32_t encode_root(const Manifest& manifest, std::uint32_t chunk_size,
                          std::span<std::byte> block) {
    ELYTRA_ASSERT(block.size() == chunk_size);
    ELYTRA_ASSERT(manifest.segments.size() <= segments_fit(chunk_size));
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

std::uint32_t version_in_root(std::span<const std::byte> block) {
    return Source(block).take<ManifestHeader>().version;
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
        const auto checked = check_segment(segment, bounds);
        if (!checked.has_value()) return Unexpected(checked.error());
        manifest.segments.push_back(segment);
    }
    if (!ids_are_unique(manifest.segments)) return Unexpected(ManifestError::bad_segment);
    const std::uint64_t chunks = count_chunks(manifest.segments);
    if (header.leaf_count != leaf_count(chunks, bounds.chunk_size)) {
        return Unexpected(ManifestError::bad_segment);
    }
    for (std::uint32_t i = 0; i < header.leaf_count; ++i) {
        const auto leaf = source.take<BlockRef>();
        const auto checked = check_ref(leaf, bounds);
        if (!checked.has_value()) return Unexpected(checked.error());
        const std::size_t expected = refs_in_leaf(chunks, i, bounds.chunk_size) * sizeof(BlockRef);
        if (leaf.size != expected) return Unexpected(ManifestError::bad_reference);
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
    for (std::size_t i = 0; i < size / sizeof(BlockRef); ++i) {
        const auto chunk = source.take<BlockRef>();
        const auto checked = check_ref(chunk, bounds);
        if (!checked.has_value()) return checked;
        manifest.chunks.push_back(chunk);
    }
    if (!wire::all_zero(block.subspan(size))) return Unexpected(ManifestError::bad_padding);
    const bool complete = leaf_index + 1 == manifest.leaves.size();
    if (complete && !sizes_agree(manifest)) return Unexpected(ManifestError::bad_segment);
    return {};
}

}  // namespace elytra::storage
