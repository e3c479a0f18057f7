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
        for (const Page* page = page_of(tag); page != nullptr; page = page->overflow) {
            for (std::uint32_t slot = home_of(tag); page->entries[slot].occupied();
                 slot = next_slot(slot)) {
                const Entry entry = page->entries[slot];
                if (entry.tag == tag && is_row(entry.row())) return entry.row();
            }
        }
        return std::nullopt;
    }

    // Requires: the pair is not in the index, row < UINT32_MAX.
    void insert(u128 id, std::uint32_t row);

    // Requires: the pair is in the index.
    void erase(u128 id, std::uint32_t row);

    void prefetch(u128 id) const {
        const std::uint32_t tag = tag_of(id);
        __builtin_prefetch(&page_of(tag)->entries[home_of(tag)]);
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

    static constexpr std::uint32_t page_slots = 510;
    static constexpr std::uint32_t page_entries_max = page_slots * 3 / 4;  // probes stay short
    static constexpr std::uint32_t depth_max = 24;
    static constexpr std::size_t directory_per_page_max = 16;

    // Entries lie at their home slot or in the run of occupied slots that follows it.
    struct alignas(64) Page {
        std::array<Entry, page_slots> entries{};
        Page* overflow = nullptr;
        std::uint32_t entry_count = 0;
        std::uint32_t depth = 0;  // how many leading bits of the tag all entries share
    };

    static_assert(sizeof(Page) == 4096);

    // The well mixed leading bits choose the page, the product of all bits the slot.
    static std::uint32_t tag_of(u128 id) {
        std::uint64_t mixed = low_half(id) ^ (high_half(id) * 0x9e3779b97f4a7c15);
        mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
        mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
        return static_cast<std::uint32_t>(mixed >> 32);
    }

    static std::uint32_t home_of(std::uint32_t tag) {
        const std::uint32_t mixed = tag * 0x9e3779b1U;
        return static_cast<std::uint32_t>((std::uint64_t{mixed} * page_slots) >> 32);
    }

    static std::uint32_t next_slot(std::uint32_t slot) {
        return slot + 1 == page_slots ? 0 : slot + 1;
    }

    static void place(Page& page, Entry entry);
    static void remove(Page& page, std::uint32_t slot);

    Page* page_of(std::uint32_t tag) const { return directory_[tag >> (32 - depth_)]; }

    Page* new_page(std::uint32_t depth);
    bool can_split(const Page& page) const;
    void split(Page& page, std::uint32_t tag);

    std::uint32_t depth_ = 1;  // the directory has 2^depth_ slots
    std::vector<Page*> directory_;
    std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace elytra::engine
