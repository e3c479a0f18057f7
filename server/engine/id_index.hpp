#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/common/int.hpp"

namespace elytra::engine {

// Finds rows by their 128-bit ids. Holds 32 bits of each id's hash and its row; the caller compares
// the id itself. Extendible hashing: a directory of pages, of which a full one is split into two,
// so that growth costs microseconds at a time and never touches all entries. Ids that were chosen
// to collide end in chains of pages: slow, but right.
class IdIndex {
public:
    IdIndex();

    // The row for which `is_row(row)` holds, among those inserted with this id or one alike.
    template <class IsRow>
    std::optional<std::uint32_t> find(u128 id, const IsRow& is_row) const {
        const std::uint32_t tag = tag_of(id);
        std::uint32_t page = page_of(tag);
        do {
            const Page& entries = *pages_[page];
            for (std::uint32_t slot = home_of(tag); entries[slot].occupied();
                 slot = next_slot(slot)) {
                if (entries[slot].tag == tag && is_row(entries[slot].row())) {
                    return entries[slot].row();
                }
            }
            page = headers_[page].overflow;
        } while (page != no_page);
        return std::nullopt;
    }

    // Requires: the pair is not in the index, row < UINT32_MAX.
    void insert(u128 id, std::uint32_t row);

    // Requires: the pair is in the index.
    void erase(u128 id, std::uint32_t row);

    // Where a search for the id begins, for prefetching. (A function that only prefetches has no
    // effect as g++ 12 sees it, and calls of it vanish; so the caller prefetches.)
    const void* home_address(u128 id) const {
        const std::uint32_t tag = tag_of(id);
        return &(*pages_[page_of(tag)])[home_of(tag)];
    }

    // A row that is likely the one of this id, for prefetching; the id is not compared.
    std::optional<std::uint32_t> guess(u128 id) const {
        const std::uint32_t tag = tag_of(id);
        const Page& entries = *pages_[page_of(tag)];
        for (std::uint32_t slot = home_of(tag); entries[slot].occupied(); slot = next_slot(slot)) {
            if (entries[slot].tag == tag) return entries[slot].row();
        }
        return std::nullopt;
    }

    void clear();

    std::size_t page_count() const { return pages_.size(); }

private:
    struct Entry {
        std::uint32_t tag = 0;
        std::uint32_t row_plus_one = 0;  // 0 marks an empty slot

        bool occupied() const { return row_plus_one != 0; }

        std::uint32_t row() const { return row_plus_one - 1; }
    };

    static constexpr std::uint32_t page_slots = 512;
    static constexpr std::uint32_t page_entries_max = page_slots * 3 / 4;  // probes stay short
    static constexpr std::uint32_t line_slots = 8;                         // of a cache line
    static constexpr std::uint32_t depth_max = 24;
    static constexpr std::size_t directory_per_page_max = 16;
    static constexpr std::uint32_t no_page = UINT32_MAX;

    // Entries lie at their home slot or in the run of occupied slots that follows it.
    struct alignas(64) Page : std::array<Entry, page_slots> {};

    // Apart from the pages, because these stay in the cache and most pages do not.
    struct Header {
        std::uint16_t entry_count = 0;
        std::uint16_t depth = 0;  // how many leading bits of the tag all entries share
        std::uint32_t overflow = no_page;
    };

    static_assert(sizeof(Page) == 4096 && sizeof(Header) == 8);

    // The leading bits choose the page, the product of all bits the slot.
    static std::uint32_t tag_of(u128 id) {
        std::uint64_t mixed = low_half(id) ^ (high_half(id) * 0x9e3779b97f4a7c15);
        mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
        mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
        return static_cast<std::uint32_t>(mixed >> 32);
    }

    // Always the first slot of a cache line, so that most searches need no second one.
    static std::uint32_t home_of(std::uint32_t tag) {
        constexpr std::uint32_t lines_log2 = 6;
        static_assert((line_slots << lines_log2) == page_slots);
        return ((tag * 0x9e3779b1U) >> (32 - lines_log2)) * line_slots;
    }

    static std::uint32_t next_slot(std::uint32_t slot) { return (slot + 1) % page_slots; }

    std::uint32_t page_of(std::uint32_t tag) const { return directory_[tag >> (32 - depth_)]; }

    std::uint32_t add_page(std::uint32_t depth);
    void place(std::uint32_t page, Entry entry);
    void remove(std::uint32_t page, std::uint32_t slot);
    bool can_split(std::uint32_t page) const;
    void split(std::uint32_t page, std::uint32_t tag);

    std::uint32_t depth_ = 1;  // the directory has 2^depth_ slots
    std::vector<std::uint32_t> directory_;
    std::vector<Header> headers_;  // by page
    std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace elytra::engine
