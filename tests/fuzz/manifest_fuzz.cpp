#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/assert.hpp"
#include "server/storage/manifest.hpp"
#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::uint32_t chunk_size = 4096;
constexpr std::uint32_t chunks = 130;  // in two leaves
constexpr ManifestBounds bounds{.chunk_size = chunk_size, .begin = 4096, .end = 1U << 20};

// A root, its size behind it as the superblock would have it, and the leaves.
struct Encoded {
    std::array<std::byte, chunk_size> root{};
    std::array<std::byte, 2> root_size{};
    std::array<std::array<std::byte, chunk_size>, 2> leaves{};

    std::byte& at(std::size_t position) {
        if (position < chunk_size) return root[position];
        position -= chunk_size;
        if (position < root_size.size()) return root_size[position];
        position -= root_size.size();
        return leaves[position / chunk_size % leaves.size()][position % chunk_size];
    }
};

Encoded ordinary_manifest() {
    Manifest manifest;
    manifest.op = Op{7};
    manifest.segments = {
        {.size = 100, .chunk_count = 1, .id = 1},
        {.size = 0, .chunk_count = 0, .id = 2},
        {.size = (chunks - 2) * chunk_size + 7, .chunk_count = chunks - 1, .id = 300'000},
    };
    for (std::uint32_t i = 0; i < chunks; ++i) {
        const std::uint64_t offset = bounds.begin + std::uint64_t{i} * chunk_size;
        const std::uint32_t size = i == 0 ? 100 : i == 50 ? 7 : chunk_size;
        manifest.chunks.push_back({.offset = offset, .size = size});
    }
    Encoded encoded;
    for (std::size_t i = 0; i < encoded.leaves.size(); ++i) {
        const std::uint32_t size = encode_leaf(manifest, i, encoded.leaves[i]);
        manifest.leaves.push_back({.offset = bounds.end - (i + 1) * chunk_size, .size = size});
    }
    const std::uint32_t size = encode_root(manifest, chunk_size, encoded.root);
    wire::store(std::span<std::byte>(encoded.root_size), 0, static_cast<std::uint16_t>(size));
    return encoded;
}

void check_decoded(const Manifest& manifest, const Encoded& source, std::uint16_t root_size) {
    std::span<const BlockRef> rest = manifest.chunks;
    for (const SegmentDescriptor& segment : manifest.segments) {
        ELYTRA_ASSERT(segment.chunk_count <= rest.size());
        std::uint64_t size = 0;
        for (const BlockRef& chunk : rest.first(segment.chunk_count)) size += chunk.size;
        ELYTRA_ASSERT(size == segment.size);
        rest = rest.subspan(segment.chunk_count);
    }
    ELYTRA_ASSERT(rest.empty());
    for (const BlockRef& chunk : manifest.chunks) {
        ELYTRA_ASSERT(chunk.size > 0);
        ELYTRA_ASSERT(chunk.offset >= bounds.begin);
        ELYTRA_ASSERT(extent_of(chunk).end() <= bounds.end);
    }
    std::array<std::byte, chunk_size> block{};
    ELYTRA_ASSERT(encode_root(manifest, chunk_size, block) == root_size);
    ELYTRA_ASSERT(block == source.root);
    for (std::size_t i = 0; i < manifest.leaves.size(); ++i) {
        ELYTRA_ASSERT(encode_leaf(manifest, i, block) == manifest.leaves[i].size);
        ELYTRA_ASSERT(block == source.leaves[i]);
    }
}

}  // namespace

// The input is a list of deviations from an ordinary manifest: two bytes of position, one of
// change. What decodes is the only encoding of its manifest, and refers to nothing outside of the
// page store.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Encoded ordinary = ordinary_manifest();
    Encoded encoded = ordinary;
    const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
    for (std::size_t i = 0; i + 3 <= input.size(); i += 3) {
        encoded.at(wire::load<std::uint16_t>(input, i)) ^= input[i + 2];
    }
    const auto root_size = wire::load<std::uint16_t>(encoded.root_size, 0);
    auto manifest = decode_root(encoded.root, root_size, bounds);
    ELYTRA_ASSERT(manifest.has_value() || input.size() >= 3);
    if (!manifest.has_value()) return 0;
    if (manifest->leaves.size() > encoded.leaves.size()) return 0;
    for (std::size_t i = 0; i < manifest->leaves.size(); ++i) {
        if (!decode_leaf(encoded.leaves[i], bounds, *manifest).has_value()) return 0;
    }
    check_decoded(*manifest, encoded, root_size);
    return 0;
}
