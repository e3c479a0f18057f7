#include "server/engine/id_index.hpp"

#include <algorithm>

#include "server/common/assert.hpp"

namespace elytra::engine {

IdIndex::IdIndex() { clear(); }

void IdIndex::clear() {
    pages_.clear();
    depth_ = 1;
    directory_ = {new_page(1), new_page(1)};
}

IdIndex::Page* IdIndex::new_page(std::uint32_t depth) {
    pages_.push_back(std::make_unique<Page>());
    pages_.back()->depth = depth;
    return pages_.back().get();
}

void IdIndex::place(Page& page, Entry entry) {
    ELYTRA_ASSERT(page.entry_count < page_entries_max);
    std::uint32_t slot = home_of(entry.tag);
    while (page.entries[slot].occupied()) slot = next_slot(slot);
    page.entries[slot] = entry;
    ++page.entry_count;
}

void IdIndex::insert(u128 id, std::uint32_t row) {
    const Entry entry{.tag = tag_of(id), .row_plus_one = row + 1};
    ELYTRA_ASSERT(entry.occupied());
    Page* page = page_of(entry.tag);
    while (page->entry_count == page_entries_max && can_split(*page)) {
        split(*page, entry.tag);
        page = page_of(entry.tag);
    }
    while (page->entry_count == page_entries_max) {
        if (page->overflow == nullptr) page->overflow = new_page(page->depth);
        page = page->overflow;
    }
    place(*page, entry);
}

// A chain of pages stays one: only ids that collide on purpose make one.
bool IdIndex::can_split(const Page& page) const {
    if (page.overflow != nullptr) return false;
    if (page.depth < depth_) return true;
    return depth_ < depth_max && directory_.size() <= pages_.size() * directory_per_page_max;
}

void IdIndex::split(Page& page, std::uint32_t tag) {
    if (page.depth == depth_) {
        std::vector<Page*> doubled(directory_.size() * 2);
        for (std::size_t slot = 0; slot < doubled.size(); ++slot)
            doubled[slot] = directory_[slot / 2];
        directory_ = std::move(doubled);
        ++depth_;
    }
    Page* upper = new_page(page.depth + 1);
    const Page before = page;
    page = Page{};
    page.depth = before.depth + 1;
    const std::uint32_t bit = 1U << (32 - page.depth);
    for (const Entry& entry : before.entries) {
        if (entry.occupied()) place((entry.tag & bit) != 0 ? *upper : page, entry);
    }
    // The directory slots whose leading bits are those of the upper half.
    const std::uint32_t span = 1U << (depth_ - page.depth);
    const std::uint32_t prefix = (tag >> (32 - page.depth)) | 1U;
    std::fill_n(directory_.begin() + std::ptrdiff_t{prefix} * span, span, upper);
}

void IdIndex::erase(u128 id, std::uint32_t row) {
    const std::uint32_t tag = tag_of(id);
    Page* page = page_of(tag);
    while (page != nullptr) {
        std::uint32_t slot = home_of(tag);
        while (page->entries[slot].occupied() && page->entries[slot].row() != row) {
            slot = next_slot(slot);
        }
        if (page->entries[slot].occupied()) return remove(*page, slot);
        page = page->overflow;
    }
    ELYTRA_ASSERT(false);
}

// Closes the gap with the entries behind it that it would cut off from their home slots.
void IdIndex::remove(Page& page, std::uint32_t slot) {
    std::uint32_t gap = slot;
    for (std::uint32_t next = next_slot(gap); page.entries[next].occupied();
         next = next_slot(next)) {
        const std::uint32_t home = home_of(page.entries[next].tag);
        const std::uint32_t distance_home = (next + page_slots - home) % page_slots;
        const std::uint32_t distance_gap = (next + page_slots - gap) % page_slots;
        if (distance_home < distance_gap) continue;
        page.entries[gap] = page.entries[next];
        gap = next;
    }
    page.entries[gap] = Entry{};
    --page.entry_count;
}

}  // namespace elytra::engine
