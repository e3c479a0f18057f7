#include "server/storage/free_extents.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"

namespace elytra::storage {

FreeExtents::FreeExtents(std::uint64_t begin, std::uint64_t limit)
    : begin_(begin), limit_(limit), end_(begin) {
    ELYTRA_ASSERT(begin <= limit);
    ELYTRA_ASSERT(begin % sector_size == 0);
    ELYTRA_ASSERT(limit % sector_size == 0);
}

bool FreeExtents::rebuild(std::vector<Extent> used) {
    std::ranges::sort(used);
    std::vector<Extent> holes;
    std::uint64_t holes_size = 0;
    std::uint64_t end = begin_;
    for (const Extent& extent : used) {
        if (extent.offset < end || extent.offset > limit_) return false;
        if (extent.size == 0 || extent.size > limit_ - extent.offset) return false;
        if (extent.offset > end) holes.push_back({.offset = end, .size = extent.offset - end});
        holes_size += extent.offset - end;
        end = extent.end();
    }
    end_ = end;
    holes_size_ = holes_size;
    holes_ = std::move(holes);
    return true;
}

std::optional<std::uint64_t> FreeExtents::allocate(std::uint64_t size) {
    ELYTRA_ASSERT(size > 0);
    ELYTRA_ASSERT(size % sector_size == 0);
    auto best = holes_.end();
    for (auto hole = holes_.begin(); hole != holes_.end(); ++hole) {
        if (hole->size < size) continue;
        if (best == holes_.end() || hole->size < best->size) best = hole;
        if (best->size == size) break;
    }
    if (best == holes_.end()) {
        if (size > limit_ - end_) return std::nullopt;
        return std::exchange(end_, end_ + size);
    }
    const std::uint64_t offset = best->offset;
    *best = {.offset = offset + size, .size = best->size - size};
    if (best->size == 0) holes_.erase(best);
    holes_size_ -= size;
    return offset;
}

void FreeExtents::release(std::vector<Extent> extents) {
    for (const Extent& extent : extents) {
        ELYTRA_ASSERT(extent.size > 0);
        ELYTRA_ASSERT(extent.offset >= begin_);
        ELYTRA_ASSERT(extent.end() <= end_);
        holes_size_ += extent.size;
    }
    std::ranges::sort(extents);
    std::vector<Extent> merged;
    merged.reserve(holes_.size() + extents.size());
    std::ranges::merge(holes_, extents, std::back_inserter(merged));

    holes_.clear();
    for (const Extent& hole : merged) {
        if (holes_.empty() || holes_.back().end() != hole.offset) {
            ELYTRA_ASSERT(holes_.empty() || holes_.back().end() < hole.offset);  // was used
            holes_.push_back(hole);
        } else {
            holes_.back().size += hole.size;
        }
    }
    if (holes_.empty() || holes_.back().end() != end_) return;
    end_ = holes_.back().offset;
    holes_size_ -= holes_.back().size;
    holes_.pop_back();
}

}  // namespace elytra::storage
