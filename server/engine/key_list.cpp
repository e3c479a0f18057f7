#include "server/engine/key_list.hpp"

#include <algorithm>

#include "server/common/assert.hpp"

namespace elytra::engine {

using forest::Fence;
using forest::Pair;
using forest::PairPage;

void KeyList::plan(std::uint32_t rows_wanted, std::vector<Page>& pages) {
    ELYTRA_ASSERT(empty() && !exhausted());
    ELYTRA_ASSERT(rows_wanted > 0);
    constexpr std::uint32_t rows_min = 512;  // what a page has is not decoded again for a few rows
    // Keys are not equally frequent: what was expected may be far from what is found.
    const bool misjudged = !full_ && rows_.size() < rows_wanted_;
    if (misjudged) pages_factor_ = std::min(pages_factor_ * 4, pages_max);
    rows_wanted_ = rows_wanted;
    rows_.clear();
    taken_ = 0;
    full_ = false;
    rows_room_ = std::clamp(rows_wanted, rows_min, rows_max);
    rows_missing_ = std::uint64_t{rows_wanted} * pages_factor_;
    pages_room_ = pages_max;
    const std::size_t pages_before = pages.size();
    if (order_ == Order::ascending) {
        for (const RunRef& run : runs_.runs) {
            if (!plan_run(*run, pages)) break;
        }
    } else {
        for (std::size_t index = runs_.runs.size(); index > 0; --index) {
            if (!plan_run(*runs_.runs[index - 1], pages)) break;
        }
    }
    if (pages.size() == pages_before) left_ = {};
}

// False: there are enough pages.
bool KeyList::plan_run(const Run& run, std::vector<Page>& pages) {
    if (overlap(rows_of(run), left_).empty()) return true;
    const PageRange range = pages_of(run, runs_.key, left_);
    for (std::uint32_t passed = 0; passed < range.end - range.first; ++passed) {
        if (rows_missing_ == 0 || pages_room_ == 0) return false;
        const std::uint32_t page =
            order_ == Order::ascending ? range.first + passed : range.end - 1 - passed;
        pages.push_back({.run = &run, .number = page});
        --pages_room_;
        const std::uint64_t expected = expected_rows(run, page, runs_.key, left_);
        rows_missing_ -= std::min(rows_missing_, expected);
    }
    return true;
}

void KeyList::take(const Page& page, const PairPage& pairs) {
    if (full_) return;
    if (order_ == Order::ascending) {
        take_ascending(page, pairs);
    } else {
        take_descending(page, pairs);
    }
}

void KeyList::take_ascending(const Page& page, const PairPage& pairs) {
    std::uint32_t index = pairs.lower_bound({.key = runs_.key, .row = left_.first});
    for (; index < pairs.size(); ++index) {
        const Pair pair = pairs.at(index);
        if (pair.key != runs_.key || pair.row >= left_.end) break;
        if (rows_.size() == rows_room_) {
            left_.first = pair.row;
            full_ = true;
            return;
        }
        rows_.push_back(pair.row);
    }
    const std::vector<Fence>& fences = page.run->fences;
    const std::uint32_t next = page.number + 1;
    const bool goes_on = next < fences.size() && fences[next].first_key == runs_.key;
    left_.first = goes_on ? fences[next].first_row : page.run->row_end;
}

void KeyList::take_descending(const Page& page, const PairPage& pairs) {
    std::uint32_t index = pairs.lower_bound({.key = runs_.key, .row = left_.end});
    for (; index > 0; --index) {
        const Pair pair = pairs.at(index - 1);
        if (pair.key != runs_.key || pair.row < left_.first) break;
        if (rows_.size() == rows_room_) {
            left_.end = pair.row + 1;
            full_ = true;
            return;
        }
        rows_.push_back(pair.row);
    }
    const Fence& fence = page.run->fences[page.number];
    left_.end = fence.first_key == runs_.key ? fence.first_row : page.run->row_first;
}

}  // namespace elytra::engine
