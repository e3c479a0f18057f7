#include "server/engine/candidates.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/open_page.hpp"

namespace elytra::engine {

Candidates::Candidates(storage::PageCache& cache, const Term& term, const RowRange& rows,
                       Order order)
    : order_(order), all_(term.empty() ? rows : RowRange{}), walk_(cache) {
    lists_.reserve(term.size());
    for (const KeyRuns& runs : term) lists_.emplace_back(runs, rows, order);
}

Progress Candidates::advance(std::vector<std::uint32_t>& block, std::uint32_t block_size) {
    take_all_rows(block, block_size);
    for (;;) {
        if (reading_ && read() == Progress::waiting) return Progress::waiting;
        reading_ = false;
        merge(block, block_size);
        if (block.size() == block_size || exhausted()) return Progress::done;
        plan(block_size - narrow<std::uint32_t>(block.size()));
    }
}

Progress Candidates::read() {
    return walk_.advance(
        items_, [](const Item& item) { return item.page.run->address(item.page.number); },
        [](const Item& item, std::span<const std::byte> page) {
            item.list->take(item.page, open_pairs(*item.page.run, item.page.number, page));
        });
}

void Candidates::take_all_rows(std::vector<std::uint32_t>& block, std::uint32_t block_size) {
    for (; block.size() < block_size && !all_.empty();) {
        block.push_back(order_ == Order::ascending ? all_.first++ : --all_.end);
    }
}

void Candidates::merge(std::vector<std::uint32_t>& block, std::uint32_t block_size) {
    while (block.size() < block_size) {
        KeyList* list = next_list();
        if (list == nullptr) return;
        block.push_back(list->front());
        list->drop_front();
    }
}

// The list with the next row; none while that is not read, or when there is none.
KeyList* Candidates::next_list() {
    KeyList* next = nullptr;
    for (KeyList& list : lists_) {
        if (list.empty()) {
            if (!list.exhausted()) return nullptr;
            continue;
        }
        const bool first =
            next == nullptr || (order_ == Order::ascending ? list.front() < next->front()
                                                           : list.front() > next->front());
        if (first) next = &list;
    }
    return next;
}

// All lists that have run out are read on at the same time.
void Candidates::plan(std::uint32_t rows_wanted) {
    items_.clear();
    for (KeyList& list : lists_) {
        if (!list.empty() || list.exhausted()) continue;
        planned_.clear();
        list.plan(rows_wanted, planned_);
        for (const KeyList::Page& page : planned_) items_.push_back({.list = &list, .page = page});
    }
    walk_.restart();
    reading_ = true;
}

bool Candidates::exhausted() const {
    return all_.empty() &&
           std::ranges::all_of(lists_, [](const KeyList& list) { return list.exhausted(); });
}

}  // namespace elytra::engine
