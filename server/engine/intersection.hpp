#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "server/engine/candidates.hpp"
#include "server/engine/key_runs.hpp"
#include "server/engine/page_walk.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/time_rows.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::engine {

// Leaves of a block of rows those that a term has, too. Only the pages that can have one of the
// rows are read.
class Intersection {
public:
    Intersection(storage::PageCache& cache, Term term, Order order)
        : term_(std::move(term)), order_(order), walk_(cache) {}

    // Finds out which pages have to be read.
    void begin(std::span<const std::uint32_t> block);

    std::size_t page_count() const { return items_.size(); }

    // Removes rows from the block that it was begun with.
    Progress advance(std::vector<std::uint32_t>& block);

private:
    // Rows of the block that are in the same page, if they are in it at all.
    struct Item {
        std::uint64_t key = 0;
        const Run* run = nullptr;
        std::uint32_t page = 0;
        std::uint32_t first = 0;  // position in the block
        std::uint32_t count = 0;
    };

    void plan(const Run& run, std::uint64_t key, std::span<const std::uint32_t> block);
    void search(const Item& item, const forest::PairPage& page,
                std::span<const std::uint32_t> block);

    Term term_;
    Order order_;
    PageWalk walk_;
    std::vector<Item> items_;
    std::vector<std::uint8_t> found_;  // by position in the block
};

}  // namespace elytra::engine
