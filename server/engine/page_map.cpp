#include "server/engine/page_map.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::engine {

void PageMap::add(const storage::BlockRef& chunk) {
    ELYTRA_ASSERT(chunk.size > 0);
    ELYTRA_ASSERT(chunk.size % page_size_ == 0);
    const std::uint32_t pages = chunk.size / page_size_;
    ELYTRA_ASSERT(pages <= UINT32_MAX - page_count_);
    chunks_.push_back(chunk);
    first_pages_.push_back(page_count_);
    page_count_ += pages;
}

std::size_t PageMap::chunk_of(std::uint32_t number) const {
    ELYTRA_ASSERT(number < page_count_);
    const auto after = std::ranges::upper_bound(first_pages_, number);
    return static_cast<std::size_t>(after - first_pages_.begin()) - 1;
}

std::uint64_t PageMap::offset(std::uint32_t number) const {
    const std::size_t chunk = chunk_of(number);
    return chunks_[chunk].offset + std::uint64_t{number - first_pages_[chunk]} * page_size_;
}

std::uint32_t PageMap::consecutive(std::uint32_t number) const {
    const std::size_t chunk = chunk_of(number);
    return first_pages_[chunk] + chunks_[chunk].size / page_size_ - number;
}

}  // namespace elytra::engine
