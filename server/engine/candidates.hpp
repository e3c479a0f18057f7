#pragma once

#include <cstdint>
#include <vector>

#include "server/engine/key_list.hpp"
#include "server/engine/page_walk.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/time_rows.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::engine {

// The rows that have one of a few keys. No row has two of them.
using Term = std::vector<KeyRuns>;

// Rows in order, block by block: those of a term, or simply all.
class Candidates {
public:
    // Of the rows in the range. A term without keys stands for all rows.
    Candidates(storage::PageCache& cache, const Term& term, const RowRange& rows, Order order);

    // Appends rows until the block has this size or there are no more. After `waiting`, call again
    // with the same block and size.
    Progress advance(std::vector<std::uint32_t>& block, std::uint32_t block_size);

private:
    struct Item {
        KeyList* list = nullptr;
        KeyList::Page page;
    };

    Progress read();
    void take_all_rows(std::vector<std::uint32_t>& block, std::uint32_t block_size);
    void merge(std::vector<std::uint32_t>& block, std::uint32_t block_size);
    KeyList* next_list();
    void plan(std::uint32_t rows_wanted);
    bool exhausted() const;

    Order order_;
    RowRange all_;  // without keys: rows that are left
    std::vector<KeyList> lists_;
    PageWalk walk_;
    bool reading_ = false;
    std::vector<Item> items_;
    std::vector<KeyList::Page> planned_;
};

}  // namespace elytra::engine
