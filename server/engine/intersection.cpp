#include "server/engine/intersection.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/open_page.hpp"
#include "server/forest/pair_page.hpp"

namespace elytra::engine {

using forest::Fence;
using forest::Pair;
using forest::PairPage;

namespace {

// How many rows of the block come before all those of the range, and before those behind it.
RowRange positions_of(const RowRange& rows, std::span<const std::uint32_t> block, Order order) {
    const auto count_while = [&](const auto& condition) {
        return narrow<std::uint32_t>(std::ranges::partition_point(block, condition) -
                                     block.begin());
    };
    if (order == Order::ascending) {
        return {.first = count_while([&](std::uint32_t row) { return row < rows.first; }),
                .end = count_while([&](std::uint32_t row) { return row < rows.end; })};
    }
    return {.first = count_while([&](std::uint32_t row) { return row >= rows.end; }),
            .end = count_while([&](std::uint32_t row) { return row >= rows.first; })};
}

// Whether forest::find_page() would find this page.
bool is_in_page(const std::vector<Fence>& fences, std::uint32_t page, Pair pair) {
    if (page != 0 && first_pair(fences[page]) > pair) return false;
    return page + 1 == fences.size() || first_pair(fences[page + 1]) > pair;
}

// The first pair from `from` on that is not less. Most are close by, so steps begin small.
std::uint32_t seek(const PairPage& page, std::uint32_t from, Pair pair) {
    std::uint32_t low = from;
    std::uint32_t step = 1;
    while (step <= page.size() - low && page.at(low + step - 1) < pair) {
        low += step;
        step *= 2;
    }
    std::uint32_t high = std::min(step - 1, page.size() - low) + low;
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (page.at(middle) < pair) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

}  // namespace

void Intersection::begin(std::span<const std::uint32_t> block) {
    items_.clear();
    found_.assign(block.size(), 0);
    walk_.restart();
    for (const KeyRuns& runs : term_) {
        for (const RunRef& run : runs.runs) plan(*run, runs.key, block);
    }
}

void Intersection::plan(const Run& run, std::uint64_t key, std::span<const std::uint32_t> block) {
    if (run.fences.empty()) return;
    const RowRange positions = positions_of(rows_of(run), block, order_);
    for (std::uint32_t first = positions.first; first < positions.end;) {
        const Pair wanted{.key = key, .row = block[first]};
        const std::uint32_t page = forest::find_page(run.fences, wanted);
        std::uint32_t end = first + 1;
        while (end < positions.end &&
               is_in_page(run.fences, page, {.key = key, .row = block[end]})) {
            ++end;
        }
        if (run.fences[page].first_key <= key) {
            items_.push_back(
                {.key = key, .run = &run, .page = page, .first = first, .count = end - first});
        }
        first = end;
    }
}

Progress Intersection::advance(std::vector<std::uint32_t>& block) {
    ELYTRA_ASSERT(block.size() == found_.size());
    const Progress progress = walk_.advance(
        items_, [](const Item& item) { return item.run->address(item.page); },
        [&](const Item& item, std::span<const std::byte> page) {
            search(item, open_pairs(*item.run, item.page, page), block);
        });
    if (progress == Progress::waiting) return progress;
    std::size_t kept = 0;
    for (std::size_t position = 0; position < block.size(); ++position) {
        if (found_[position] != 0) block[kept++] = block[position];
    }
    block.resize(kept);
    return Progress::done;
}

void Intersection::search(const Item& item, const PairPage& page,
                          std::span<const std::uint32_t> block) {
    std::uint32_t index = 0;
    for (std::uint32_t passed = 0; passed < item.count; ++passed) {
        const std::uint32_t position =
            order_ == Order::ascending ? item.first + passed : item.first + item.count - 1 - passed;
        const Pair wanted{.key = item.key, .row = block[position]};
        index = passed == 0 ? page.lower_bound(wanted) : seek(page, index, wanted);
        if (index == page.size()) return;
        if (page.at(index) == wanted) found_[position] = 1;
    }
}

}  // namespace elytra::engine
