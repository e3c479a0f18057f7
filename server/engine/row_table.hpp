#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/engine/page_map.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/page.hpp"
#include "server/storage/manifest.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::engine {

// Ids of segments that every checkpoint has; runs and account changes get ascending numbers.
namespace segments {
inline constexpr std::uint32_t catalog = 1;
inline constexpr std::uint32_t accounts = 2;
inline constexpr std::uint32_t statuses = 3;
inline constexpr std::uint32_t rows_first = 4;    // plus RowTableId
inline constexpr std::uint32_t fences_first = 7;  // plus RowTableId
inline constexpr std::uint32_t numbered_first = 0x1'0000;
}  // namespace segments

// All rows of one table that are in the page store; only grows.
class RowTable {
public:
    RowTable(RowTableId id, std::uint32_t page_size);

    RowTableId id() const { return id_; }

    std::uint32_t segment() const { return segments::rows_first + static_cast<std::uint32_t>(id_); }

    std::uint32_t row_count() const { return row_count_; }

    void add_chunk(const storage::BlockRef& chunk) { pages_.add(chunk); }

    // The fences of pages whose chunks were added. False: rows have gaps, timestamps descend.
    [[nodiscard]] bool add_fences(std::span<const forest::Fence> fences);

    // The page that has this row. Requires: row < row_count().
    std::uint32_t page_of(std::uint32_t row) const;

    std::uint32_t first_row(std::uint32_t page) const { return fences_[page].first_row; }

    // The page where rows with timestamps of at least `timestamp` begin, or rather the one before
    // when that could have some, too; page_count() if there are no pages.
    std::uint32_t page_from(std::uint64_t timestamp) const;

    std::uint32_t page_count() const { return static_cast<std::uint32_t>(fences_.size()); }

    storage::PageAddress address(std::uint32_t page) const;

    std::span<const forest::Fence> fences() const { return fences_; }

    const PageMap& pages() const { return pages_; }

private:
    RowTableId id_;
    std::uint32_t row_count_ = 0;
    std::vector<forest::Fence> fences_;
    PageMap pages_;
};

}  // namespace elytra::engine
