#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/result.hpp"
#include "server/forest/page.hpp"
#include "server/forest/pair.hpp"
#include "server/forest/pair_run.hpp"

namespace elytra::forest {

// Merges runs of one index into one. All rows of an input are below all rows of the next input, so
// pairs with equal keys are taken input by input. Pages are handed in piece by piece, so that
// memory does not depend on the size of the runs:
//
//     while (merger.wanted() tells an input) feed() it pages;  // any number of consecutive ones
//     merger.advance(writer);                                  // until it wants pages, or is done
class PairMerger {
public:
    // How many pages each input has; at least one input. An input may have none.
    PairMerger(std::span<const std::uint32_t> page_counts, std::uint32_t page_size);

    // The next pages of an input, verified against their fences, which stay readable until
    // consumed(input) has passed them. `segment` names the run that they belong to.
    Result<void, PageError> feed(std::uint32_t input, std::uint32_t segment,
                                 std::span<const std::byte> pages);

    // How many pages of an input are merged: they are not read again.
    std::uint32_t consumed(std::uint32_t input) const;

    // An input without which nothing can be merged, the first if there are several.
    std::optional<std::uint32_t> wanted() const;

    // Merges until an input runs out of fed pages, all is done, the writer has a full chunk, or
    // `pairs_max` pairs or a few more were merged.
    // An error is a page whose pairs do not ascend, or that has a pair of another input.
    Result<void, PageError> advance(PairRunWriter& writer, std::uint64_t pairs_max = UINT64_MAX);

    // Every input is merged completely. The caller then finishes the writer.
    bool done() const;

private:
    struct Input {
        std::uint32_t page_count = 0;
        std::uint32_t fed = 0;        // pages
        std::uint32_t consumed = 0;   // pages: those that are copied completely
        std::vector<PairPage> pages;  // from `first` to the last one fed
        std::uint32_t first = 0;
        std::uint32_t copied = 0;  // pairs of the first page that is not consumed
    };

    // The next pairs of an input are entries_[begin] to entries_[end - 1].
    struct Window {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;

        bool empty() const { return begin == end; }
    };

    bool wants_pages(std::uint32_t input) const;
    void refill(std::uint32_t input);

    // The next entry of an input.
    u128 front(std::uint32_t input) const;

    void build_tree();

    // Fewer pairs than asked for where an input wants pages or all is done.
    Result<std::size_t, PageError> merge(std::span<Pair> merged);

    std::uint32_t page_size_;
    std::vector<Input> inputs_;

    // Apart from the inputs and densely, because their loads are what each pair waits for.
    std::vector<Window> windows_;
    std::vector<u128> entries_;

    // A tree of losers: each inner node holds the larger of the two smallest entries below its
    // children, so that only the nodes above the winner change when it is taken. The leaves, of a
    // power of two, are the inputs; the node above node i is i / 2, the uppermost is 1.
    std::vector<u128> losers_;
    u128 winner_ = 0;
    u128 last_ = 0;  // the largest entry that must not follow any more
};

}  // namespace elytra::forest
