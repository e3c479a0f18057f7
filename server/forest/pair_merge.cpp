#include "server/forest/pair_merge.hpp"

#include <algorithm>
#include <array>
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

// Pairs copied from pages at a time: few enough for the entries of all inputs to stay in the first
// cache.
constexpr std::uint32_t window_size = 64;

// The next entry of an input, whose last one was the winner, goes up the tree. Tells the winner.
u128 replay(std::span<u128> losers, u128 entry, std::uint32_t input) {
    for (std::size_t node = (losers.size() + input) / 2; node > 0; node /= 2) {
        order(entry, losers[node]);
    }
    return entry;
}

}  // namespace

PairMerger::PairMerger(std::span<const std::uint32_t> page_counts, std::uint32_t page_size)
    : page_size_(page_size),
      inputs_(page_counts.size()),
      windows_(page_counts.size()),
      entries_(page_counts.size() * window_size),
      losers_(std::bit_ceil(page_counts.size())) {
    ELYTRA_ASSERT(!page_counts.empty());
    for (std::size_t i = 0; i < page_counts.size(); ++i) inputs_[i].page_count = page_counts[i];
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
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
        if (wants_pages(i)) return i;
    }
    return std::nullopt;
}

bool PairMerger::done() const {
    return std::ranges::all_of(windows_, &Window::empty) &&
           std::ranges::all_of(
               inputs_, [](const Input& input) { return input.consumed == input.page_count; });
}

Result<void, PageError> PairMerger::advance(PairRunWriter& writer, std::uint64_t pairs_max) {
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
        if (windows_[i].empty()) refill(i);
        if (wants_pages(i)) return {};
    }
    build_tree();
    std::array<Pair, 64> merged;
    std::uint64_t pairs = 0;
    while (winner_ != entry_end && !writer.has_chunk() && pairs < pairs_max) {
        const auto count = merge(merged);
        if (!count.has_value()) return Unexpected(count.error());
        writer.add(std::span(merged).first(*count));
        pairs += *count;
    }
    return {};
}

bool PairMerger::wants_pages(std::uint32_t index) const {
    const Input& input = inputs_[index];
    return windows_[index].empty() && input.consumed == input.fed && input.fed < input.page_count;
}

// Leaves the window empty only where no page is left.
void PairMerger::refill(std::uint32_t index) {
    Input& input = inputs_[index];
    Window& window = windows_[index];
    ELYTRA_ASSERT(window.empty());
    window.begin = index * window_size;
    window.end = window.begin;
    if (input.consumed == input.fed) return;
    const PairPage& page = input.pages[input.consumed - input.first];
    std::array<Pair, window_size> pairs;
    const std::uint32_t count = std::min(window_size, page.size() - input.copied);
    page.copy(input.copied, std::span(pairs).first(count));
    for (const Pair& pair : std::span(pairs).first(count)) {
        entries_[window.end++] = entry_of(pair, index);
    }
    input.copied += count;
    if (input.copied < page.size()) return;
    input.copied = 0;
    ++input.consumed;
}

u128 PairMerger::front(std::uint32_t input) const {
    const Window& window = windows_[input];
    return window.empty() ? entry_end : entries_[window.begin];
}

void PairMerger::build_tree() {
    const std::size_t leaves = losers_.size();
    std::vector<u128> winners(2 * leaves, entry_end);
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) winners[leaves + i] = front(i);
    for (std::size_t node = leaves - 1; node > 0; --node) {
        winners[node] = std::min(winners[2 * node], winners[2 * node + 1]);
        losers_[node] = std::max(winners[2 * node], winners[2 * node + 1]);
    }
    winner_ = winners[1];
}

Result<std::size_t, PageError> PairMerger::merge(std::span<Pair> merged) {
    std::size_t count = 0;
    u128 winner = winner_;
    u128 last = last_;
    while (count < merged.size() && winner != entry_end) {
        if (winner <= last) return Unexpected(PageError::bad_content);
        last = last_with_pair(winner);
        merged[count++] = pair_of(winner);
        const std::uint32_t input = input_of(winner);
        ++windows_[input].begin;
        if (windows_[input].empty()) {
            refill(input);
            if (wants_pages(input)) {
                // Nothing more to merge until the tree is built again.
                winner = entry_end;
                break;
            }
        }
        winner = replay(losers_, front(input), input);
    }
    winner_ = winner;
    last_ = last;
    return count;
}

}  // namespace elytra::forest
