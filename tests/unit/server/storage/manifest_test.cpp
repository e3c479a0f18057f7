#include "server/storage/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::uint32_t chunk_size = 8192;
constexpr ManifestBounds bounds{.chunk_size = chunk_size, .begin = 4096, .end = 64U << 20};

// Segments of 3, 0 and `chunks` chunks. The first has chunks of different sizes.
Manifest sample_manifest(std::uint32_t chunks) {
    Manifest manifest;
    manifest.op = Op{77};
    manifest.segments = {
        {.size = 1 + chunk_size + 100, .chunk_count = 3, .id = 500'000},
        {.size = 0, .chunk_count = 0, .id = 6},
        {.size = std::uint64_t{chunks} * chunk_size, .chunk_count = chunks, .id = 1},
    };
    std::uint64_t offset = bounds.begin;
    for (std::uint32_t i = 0; i < 3 + chunks; ++i) {
        const std::uint32_t size = i == 0 ? 1 : i == 2 ? 100 : chunk_size;
        manifest.chunks.push_back({.checksum = i, .offset = offset, .size = size});
        offset += chunk_size;
    }
    for (std::size_t i = 0; i < leaf_count(manifest.chunks.size(), chunk_size); ++i) {
        std::vector<std::byte> block(chunk_size);
        const std::uint32_t size = encode_leaf(manifest, i, block);
        manifest.leaves.push_back({.checksum = 9, .offset = offset, .size = size});
        offset += chunk_size;
    }
    return manifest;
}

struct EncodedRoot {
    std::vector<std::byte> block = std::vector<std::byte>(chunk_size);
    std::uint32_t size = 0;

    explicit EncodedRoot(const Manifest& manifest)
        : size(encode_root(manifest, chunk_size, block)) {}

    template <class T>
    void overwrite(std::size_t offset, T value) {
        wire::store<T>(block, offset, value);
    }

    auto decode() const { return decode_root(block, size, bounds); }
};

constexpr std::size_t segment_at(std::size_t index) {
    return sizeof(ManifestHeader) + index * sizeof(SegmentDescriptor);
}

constexpr std::size_t leaf_at(std::size_t index) {
    return segment_at(3) + index * sizeof(BlockRef);
}

}  // namespace

TEST_CASE("a manifest comes back from its root and leaves") {
    for (const std::uint32_t chunks : {0U, 1U, 252U, 253U, 254U, 1000U}) {
        CAPTURE(chunks);
        const Manifest manifest = sample_manifest(chunks);
        auto decoded = EncodedRoot(manifest).decode();
        REQUIRE(decoded.has_value());
        for (std::size_t i = 0; i < manifest.leaves.size(); ++i) {
            std::vector<std::byte> block(chunk_size);
            encode_leaf(manifest, i, block);
            REQUIRE(decode_leaf(block, bounds, *decoded).has_value());
        }
        CHECK(*decoded == manifest);
    }
}

TEST_CASE("a manifest without segments has no leaves") {
    const EncodedRoot root(Manifest{.op = Op{3}, .segments = {}, .chunks = {}, .leaves = {}});
    CHECK(root.size == sizeof(ManifestHeader));
    REQUIRE(root.decode().has_value());
    CHECK(root.decode()->op == Op{3});
}

TEST_CASE("a root that contradicts itself, its file or its version is refused") {
    struct Row {
        const char* what;
        void (*damage)(EncodedRoot&);
        ManifestError error;
    };

    using E = ManifestError;
    const Row rows[] = {
        {"magic", [](EncodedRoot& r) { r.overwrite<std::uint8_t>(0, 0); }, E::wrong_magic},
        {"older version", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(8, 1); },
         E::unknown_version},
        {"newer version", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(8, 3); },
         E::unknown_version},
        {"chunk size", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(12, 4096); },
         E::wrong_chunk_size},
        {"too many segments", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(24, 257); },
         E::bad_segment},
        {"one segment more", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(24, 4); },
         E::wrong_size},
        {"one leaf more", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(28, 4); }, E::wrong_size},
        {"one leaf more, and longer",
         [](EncodedRoot& r) {
             r.overwrite<std::uint32_t>(28, 4);
             r.size += sizeof(BlockRef);
         },
         E::bad_segment},
        {"shorter than a header", [](EncodedRoot& r) { r.size = 31; }, E::wrong_size},
        {"longer than its block", [](EncodedRoot& r) { r.size = chunk_size + 1; }, E::wrong_size},
        {"more chunks than bytes",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(segment_at(0), 2); }, E::bad_segment},
        {"bytes without a chunk",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(segment_at(1), 1); }, E::bad_segment},
        {"more bytes than full chunks",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(segment_at(0), 3 * chunk_size + 1); },
         E::bad_segment},
        {"more bytes than the file",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(segment_at(0), UINT64_MAX); },
         E::bad_segment},
        {"one id twice", [](EncodedRoot& r) { r.overwrite<std::uint32_t>(segment_at(0) + 12, 1); },
         E::bad_segment},
        {"leaf before the page store",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(leaf_at(0) + 16, 0); }, E::bad_reference},
        {"leaf across the end",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(leaf_at(0) + 16, bounds.end - 4096); },
         E::bad_reference},
        {"leaf beyond all files",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(leaf_at(0) + 16, UINT64_MAX - 4095); },
         E::bad_reference},
        {"leaf between sectors",
         [](EncodedRoot& r) { r.overwrite<std::uint64_t>(leaf_at(0) + 16, 4096 + 512); },
         E::bad_reference},
        {"leaf of another size",
         [](EncodedRoot& r) { r.overwrite<std::uint32_t>(leaf_at(1) + 24, 32); }, E::bad_reference},
        {"reserved bytes of a leaf",
         [](EncodedRoot& r) { r.overwrite<std::uint32_t>(leaf_at(1) + 28, 1); }, E::bad_padding},
        {"padding", [](EncodedRoot& r) { r.overwrite<std::uint8_t>(chunk_size - 1, 1); },
         E::bad_padding},
    };
    const Manifest manifest = sample_manifest(600);
    REQUIRE(manifest.leaves.size() == 3);
    for (const Row& row : rows) {
        CAPTURE(row.what);
        EncodedRoot root(manifest);
        row.damage(root);
        const auto decoded = root.decode();
        REQUIRE_FALSE(decoded.has_value());
        CHECK(to_text(decoded.error()) == to_text(row.error));
    }
}

TEST_CASE("a leaf with a wrong reference is refused") {
    struct Row {
        const char* what;
        std::size_t offset;
        std::uint32_t value;
        ManifestError error;
    };

    const Row rows[] = {
        {"place", 16, 0, ManifestError::bad_reference},
        {"no size", 24, 0, ManifestError::bad_reference},
        {"size above a chunk", 24, chunk_size + 1, ManifestError::bad_reference},
        {"sizes that do not add up to the segment's", 2 * sizeof(BlockRef) + 24, 101,
         ManifestError::bad_segment},
        {"reserved bytes", 28, 1, ManifestError::bad_padding},
        {"padding", 4 * sizeof(BlockRef), 1, ManifestError::bad_padding},
    };
    const Manifest manifest = sample_manifest(1);
    for (const Row& row : rows) {
        CAPTURE(row.what);
        auto decoded = EncodedRoot(manifest).decode();
        REQUIRE(decoded.has_value());
        std::vector<std::byte> block(chunk_size);
        encode_leaf(manifest, 0, block);
        wire::store<std::uint32_t>(block, row.offset, row.value);
        const auto leaf = decode_leaf(block, bounds, *decoded);
        REQUIRE_FALSE(leaf.has_value());
        CHECK(to_text(leaf.error()) == to_text(row.error));
    }
}

TEST_CASE("half of a root block can name segments, the rest leaves") {
    struct Row {
        std::uint32_t chunk_size;
        std::uint32_t segments;
        std::uint64_t leaves;
    };

    const Row rows[] = {{4096, 128, 63}, {8192, 256, 127}, {1U << 20, 4096, 30'719}};
    for (const Row& row : rows) {
        CAPTURE(row.chunk_size);
        CHECK(segments_fit(row.chunk_size) == row.segments);
        CHECK(manifest_chunks_max(row.chunk_size) == row.leaves * (row.chunk_size / 32));
    }
    Manifest manifest = sample_manifest(0);
    manifest.segments.resize(1);
    while (manifest.segments.size() < segments_fit(chunk_size)) {
        manifest.segments.push_back({.id = narrow<std::uint32_t>(manifest.segments.size())});
    }
    const EncodedRoot root(manifest);
    REQUIRE(root.decode().has_value());
    CHECK(root.decode()->segments == manifest.segments);
}

TEST_CASE("segments are found by their id, whatever their order") {
    const Manifest manifest = sample_manifest(4);
    const std::vector<SegmentPlace> places = places_of(manifest);
    REQUIRE(places.size() == 3);
    CHECK(find_place(places, 1)->first_chunk == 3);
    CHECK(find_place(places, 1)->chunk_count == 4);
    CHECK(find_place(places, 6)->chunk_count == 0);
    CHECK(find_place(places, 500'000)->first_chunk == 0);
    CHECK(find_place(places, 500'001) == nullptr);
    CHECK(find_place(places, 5) == nullptr);
    CHECK(find_place({}, 5) == nullptr);
}

TEST_CASE("where the superblock says a root is must be inside the page store") {
    CHECK(check_root({.offset = 4096, .size = 32}, bounds).has_value());
    CHECK_FALSE(check_root({.offset = 4096, .size = 31}, bounds).has_value());
    CHECK_FALSE(check_root({.offset = 4096, .size = chunk_size + 1}, bounds).has_value());
    CHECK_FALSE(check_root({.offset = 0, .size = 32}, bounds).has_value());
    CHECK_FALSE(check_root({.offset = 4097, .size = 32}, bounds).has_value());
    CHECK_FALSE(check_root({.offset = bounds.end, .size = 32}, bounds).has_value());
}
