#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/storage/manifest.hpp"

namespace elytra::engine {

// The chunks of a segment that hold pages, so that a page is found by its number.
class PageMap {
public:
    explicit PageMap(std::uint32_t page_size) : page_size_(page_size) {}

    // Requires: a whole number of pages, at least one.
    void add(const storage::BlockRef& chunk);

    std::uint32_t page_size() const { return page_size_; }

    std::uint32_t page_count() const { return page_count_; }

    // Where the page starts in the file. Requires: number < page_count().
    std::uint64_t offset(std::uint32_t number) const;

    // How many pages lie behind each other from this one on, in the same chunk.
    std::uint32_t consecutive(std::uint32_t number) const;

    std::span<const storage::BlockRef> chunks() const { return chunks_; }

private:
    std::size_t chunk_of(std::uint32_t number) const;

    std::uint32_t page_size_;
    std::uint32_t page_count_ = 0;
    std::vector<storage::BlockRef> chunks_;
    std::vector<std::uint32_t> first_pages_;  // by chunk
};

}  // namespace elytra::engine
