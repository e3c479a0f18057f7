#include "server/forest/pair_merge.hpp"

#include <algorithm>
#include <bit>

#include "server/common/assert.hpp"

namespace elytra::forest {
namespace {

// A pair and the input that it is from as one number, which compares in two instructions. Inputs
// count from one here, so that zero is below all entries.
u128 entry_of(Pair pair, std::uint32_t input) {
    return make_u128(pair.key, std::uint64_t{pair.row} << 32 | (input + 1));
}

Pair pair_of(u128 entry) {
    return {.key = high_half(entry), .row = static_cast<std::uint32_t>(low_half(entry) >> 32)};
}

std::uint32_t input_of(u128 entry) { return static_cast<std::uint32_t>(entry) - 1; }

// Above the entries of all pairs: an input without any more.
constexpr u128 entry_end = u128_max;

// The largest entry with the pair of this one.
u128 last_with_pair(u128 entry) { return entry | UINT32_MAX; }

// Exchanges the two unless they are in order. With random keys a branch would be mispredicted every
// other time, so this is written as arithmetic.
void order(u128& smaller, u128& larger) {
    const std::uint64_t mask = 0 - std::uint64_t{larger < smaller};
    const std::uint64_t high = (high_half(smaller) ^ high_half(larger)) & mask;
    const std::uint64_t low = (low_half(smaller) ^ low_half(larger)) & mask;
    smaller = make_u128(high_half(smaller) ^ high, low_half(smaller) ^ low);
    larger = make_u128(high_half(larger) ^ high, low_half(larger) ^ low);
}

// The next entry of an input, whose last one was the winner, goes up the tree. Tells the winner.
u128 replay(std::span<u128> losers, u128 entry, std::uint32_t input) {
    for (std::size_t node = (losers.size() + input) / 2; node > 0; node /= 2) {
        order(entry, losers[node]);
    }
    return entry;
}

}  // namespace

bool PairMerger::Input::wants_pages() const {
    return window_begin == window_end && consumed == fed && fed < page_count;
}

bool PairMerger::Input::is_done() const {
    return window_begin == window_end && consumed == page_count;
}

u128 PairMerger::Input::next_entry(std::uint32_t index) const {
    return window_begin == window_end ? entry_end : entry_of(window[window_begin], index);
}

// Leaves the window empty only where no page is left.
void PairMerger::Input::refill() {
    ELYTRA_ASSERT(window_begin == window_end);
    window_begin = 0;
    window_end = 0;
    while (window_end < window.size() && consumed < fed) {
        const PairPage& page = pages[consumed - first];
        const std::size_t count =
            std::min<std::size_t>(window.size() - window_end, page.size() - copied);
        page.copy(copied, std::span(window).subspan(window_end, count));
        window_end += count;
        copied += static_cast<std::uint32_t>(count);
        if (copied < page.size()) continue;
        copied = 0;
        ++consumed;
    }
}

PairMerger::PairMerger(std::span<const std::uint32_t> page_counts, std::uint32_t page_size)
    : page_size_(page_size), inputs_(page_counts.size()) {
    ELYTRA_ASSERT(!page_counts.empty());
    for (std::size_t i = 0; i < page_counts.size(); ++i) inputs_[i].page_count = page_counts[i];
    losers_.resize(std::bit_ceil(page_counts.size()));
}

Result<void, PageError> PairMerger::feed(std::uint32_t input, std::uint32_t segment,
                                         std::span<const std::byte> pages) {
    ELYTRA_ASSERT(input < inputs_.size());
    ELYTRA_ASSERT(!pages.empty() && pages.size() % page_size_ == 0);
    Input& to = inputs_[input];
    ELYTRA_ASSERT(pages.size() / page_size_ <= to.page_count - to.fed);
    to.pages.erase(to.pages.begin(), to.pages.begin() + (to.consumed - to.first));
    to.first = to.consumed;
    for (; !pages.empty(); pages = pages.subspan(page_size_)) {
        const auto page =
            PairPage::open({.segment = segment, .number = to.fed}, pages.first(page_size_));
        if (!page.has_value()) return Unexpected(page.error());
        to.pages.push_back(*page);
        ++to.fed;
    }
    return {};
}

std::uint32_t PairMerger::consumed(std::uint32_t input) const {
    ELYTRA_ASSERT(input < inputs_.size());
    return inputs_[input].consumed;
}

std::optional<std::uint32_t> PairMerger::wanted() const {
    const auto found = std::ranges::find_if(inputs_, &Input::wants_pages);
    if (found == inputs_.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - inputs_.begin());
}

bool PairMerger::done() const { return std::ranges::all_of(inputs_, &Input::is_done); }

Result<void, PageError> PairMerger::advance(PairRunWriter& writer) {
    for (Input& input : inputs_) {
        if (input.window_begin == input.window_end) input.refill();
        if (input.wants_pages()) return {};
    }
    u128 winner = build_tree();
    while (winner != entry_end && !writer.has_chunk()) {
        if (winner <= last_) return Unexpected(PageError::bad_content);
        last_ = last_with_pair(winner);
        const std::uint32_t index = input_of(winner);
        Input& input = inputs_[index];
        writer.add(pair_of(winner));
        ++input.window_begin;
        if (input.window_begin == input.window_end) {
            input.refill();
            if (input.wants_pages()) return {};
        }
        winner = replay(losers_, input.next_entry(index), index);
    }
    return {};
}

u128 PairMerger::build_tree() {
    const std::size_t leaves = losers_.size();
    std::vector<u128> winners(2 * leaves, entry_end);
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
        winners[leaves + i] = inputs_[i].next_entry(i);
    }
    for (std::size_t node = leaves - 1; node > 0; --node) {
        winners[node] = std::min(winners[2 * node], winners[2 * node + 1]);
        losers_[node] = std::max(winners[2 * node], winners[2 * node + 1]);
    }
    return winners[1];
}

}  // namespace elytra::forest
