#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/storage/manifest.hpp"
#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::uint32_t chunk_size = 4096;
constexpr ManifestBounds bounds{.chunk_size = chunk_size, .begin = 4096, .end = 1U << 20};

// The next block of the input, as if it had been read from the disk.
std::array<std::byte, chunk_size> take_block(std::span<const std::byte>& input) {
    std::array<std::byte, chunk_size> block{};
    const std::size_t size = std::min<std::size_t>(input.size(), chunk_size);
    std::ranges::copy(input.first(size), block.begin());
    input = input.subspan(size);
    return block;
}

}  // namespace

// Two bytes of root size, the root, then the leaves. What decodes is the only encoding of its
// manifest, and refers to nothing outside of the page store.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::byte> input = std::as_bytes(std::span(data, size));
    if (input.size() < 2) return 0;
    const auto root_size = wire::load<std::uint16_t>(input, 0);
    input = input.subspan(2);
    const auto root = take_block(input);
    auto manifest = decode_root(root, root_size, bounds);
    if (!manifest.has_value()) return 0;

    std::vector<std::byte> encoded(chunk_size);
    for (std::size_t i = 0; i < manifest->leaves.size(); ++i) {
        const auto leaf = take_block(input);
        if (!decode_leaf(leaf, bounds, *manifest).has_value()) return 0;
    }
    for (const BlockRef& chunk : manifest->chunks) {
        ELYTRA_ASSERT(chunk.offset >= bounds.begin);
        ELYTRA_ASSERT(extent_of(chunk).end() <= bounds.end);
    }
    ELYTRA_ASSERT(encode_root(*manifest, chunk_size, encoded) == root_size);
    ELYTRA_ASSERT(std::ranges::equal(encoded, root));
    return 0;
}
