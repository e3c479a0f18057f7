#include "server/engine/row_table.hpp"

#include <algorithm>

#include "server/common/assert.hpp"

namespace elytra::engine {

using forest::Fence;

RowTable::RowTable(RowTableId id, std::uint32_t page_size) : id_(id), pages_(page_size) {}

bool RowTable::add_fences(std::span<const Fence> fences) {
    if (fences.size() > pages_.page_count() - fences_.size()) return false;
    for (const Fence& fence : fences) {
        if (fence.first_row != row_count_ || fence.count == 0) return false;
        if (fence.count > UINT32_MAX - row_count_) return false;
        if (!fences_.empty() && fence.first_key < fences_.back().first_key) return false;
        row_count_ += fence.count;
        fences_.push_back(fence);
    }
    return true;
}

std::uint32_t RowTable::page_of(std::uint32_t row) const {
    ELYTRA_ASSERT(row < row_count_);
    // Pages have about the same number of rows, so it is not far from where it would be then.
    std::size_t low = std::uint64_t{row} * fences_.size() / row_count_;
    std::size_t high = low + 1;
    for (std::size_t step = 1; fences_[low].first_row > row; step *= 2) {
        high = low;
        low -= std::min(low, step);
    }
    for (std::size_t step = 1; high < fences_.size() && fences_[high].first_row <= row; step *= 2) {
        low = high;
        high = std::min(fences_.size(), high + step);
    }
    const auto near = std::span(fences_).subspan(low, high - low);
    const auto after = std::ranges::upper_bound(near, row, {}, &Fence::first_row);
    return static_cast<std::uint32_t>(low + static_cast<std::size_t>(after - near.begin())) - 1;
}

std::uint32_t RowTable::page_from(std::uint64_t timestamp) const {
    const auto found = std::ranges::lower_bound(fences_, timestamp, {}, &Fence::first_key);
    const auto page = static_cast<std::uint32_t>(found - fences_.begin());
    const bool begins_here = found != fences_.end() && found->first_key == timestamp;
    return page == 0 || begins_here ? page : page - 1;
}

storage::PageAddress RowTable::address(std::uint32_t page) const {
    ELYTRA_ASSERT(page < page_count());
    return {.id = {.segment = segment(), .number = page},
            .offset = pages_.offset(page),
            .checksum = fences_[page].checksum};
}

}  // namespace elytra::engine
