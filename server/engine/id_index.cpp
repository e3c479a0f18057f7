#include "server/engine/id_index.hpp"

#include <algorithm>

#include "server/common/assert.hpp"

namespace elytra::engine {

IdIndex::IdIndex() { clear(); }

void IdIndex::clear() {
    headers_.clear();
    pages_.clear();
    depth_ = 1;
    directory_ = {add_page(1), add_page(1)};
}

std::uint32_t IdIndex::add_page(std::uint32_t depth) {
    pages_.push_back(std::make_unique<Page>());
    headers_.push_back(Header{.depth = narrow<std::uint16_t>(depth)});
    return narrow<std::uint32_t>(pages_.size() - 1);
}

void IdIndex::place(std::uint32_t page, Entry entry) {
    ELYTRA_ASSERT(headers_[page].entry_count < page_entries_max);
    Page& entries = *pages_[page];
    std::uint32_t slot = home_of(entry.tag);
    while (entries[slot].occupied()) slot = next_slot(slot);
    entries[slot] = entry;
    ++headers_[page].entry_count;
}

void IdIndex::insert(u128 id, std::uint32_t row) {
    const Entry entry{.tag = tag_of(id), .row_plus_one = row + 1};
    ELYTRA_ASSERT(entry.occupied());
    std::uint32_t page = page_of(entry.tag);
    while (headers_[page].entry_count == page_entries_max && can_split(page)) {
        split(page, entry.tag);
        page = page_of(entry.tag);
    }
    while (headers_[page].entry_count == page_entries_max) {
        if (headers_[page].overflow == no_page) {
            const std::uint32_t added = add_page(headers_[page].depth);
            headers_[page].overflow = added;
        }
        page = headers_[page].overflow;
    }
    place(page, entry);
}

// A chain of pages stays one: only ids that collide on purpose make one.
bool IdIndex::can_split(std::uint32_t page) const {
    if (headers_[page].overflow != no_page) return false;
    if (headers_[page].depth < depth_) return true;
    return depth_ < depth_max && directory_.size() <= pages_.size() * directory_per_page_max;
}

void IdIndex::split(std::uint32_t page, std::uint32_t tag) {
    const std::uint32_t depth = headers_[page].depth + 1U;
    if (depth > depth_) {
        std::vector<std::uint32_t> doubled(directory_.size() * 2);
        for (std::size_t slot = 0; slot < doubled.size(); ++slot) {
            doubled[slot] = directory_[slot / 2];
        }
        directory_ = std::move(doubled);
        ++depth_;
    }
    const std::uint32_t upper = add_page(depth);
    const Page before = *pages_[page];
    *pages_[page] = Page{};
    headers_[page] = Header{.depth = narrow<std::uint16_t>(depth)};
    const std::uint32_t bit = 1U << (32 - depth);
    for (const Entry& entry : before) {
        if (entry.occupied()) place((entry.tag & bit) != 0 ? upper : page, entry);
    }
    // The directory slots whose leading bits are those of the upper half.
    const std::uint32_t span = 1U << (depth_ - depth);
    const std::uint32_t prefix = (tag >> (32 - depth)) | 1U;
    std::fill_n(directory_.begin() + std::ptrdiff_t{prefix} * span, span, upper);
}

void IdIndex::erase(u128 id, std::uint32_t row) {
    const std::uint32_t tag = tag_of(id);
    std::uint32_t page = page_of(tag);
    while (page != no_page) {
        const Page& entries = *pages_[page];
        std::uint32_t slot = home_of(tag);
        while (entries[slot].occupied() && entries[slot].row() != row) slot = next_slot(slot);
        if (entries[slot].occupied()) return remove(page, slot);
        page = headers_[page].overflow;
    }
    ELYTRA_ASSERT(false);
}

// Closes the gap with the entries behind it that it would cut off from their home slots.
void IdIndex::remove(std::uint32_t page, std::uint32_t slot) {
    Page& entries = *pages_[page];
    std::uint32_t gap = slot;
    for (std::uint32_t next = next_slot(gap); entries[next].occupied(); next = next_slot(next)) {
        const std::uint32_t home = home_of(entries[next].tag);
        const std::uint32_t distance_home = (next + page_slots - home) % page_slots;
        const std::uint32_t distance_gap = (next + page_slots - gap) % page_slots;
        if (distance_home < distance_gap) continue;
        entries[gap] = entries[next];
        gap = next;
    }
    entries[gap] = Entry{};
    --headers_[page].entry_count;
}

}  // namespace elytra::engine
