#pragma once

#include <cstdint>
#include <optional>

#include "server/common/prng.hpp"
#include "server/engine/catalog.hpp"

// Catalogs for tests of their encoding: what they refer to does not exist.
namespace elytra::test {

inline constexpr std::uint32_t example_page_size = 4096;
inline constexpr std::uint32_t example_chunk_size = 8192;

// Some of everything, drawn at random; its parts agree with each other.
engine::Catalog random_catalog(Prng& prng);

// A catalog whose encoding is that of the image. Nothing if that would take much memory.
std::optional<engine::Catalog> catalog_of(const engine::CatalogImage& image);

}  // namespace elytra::test
