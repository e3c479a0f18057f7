#pragma once

#include <cstddef>
#include <cstdint>
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

    // Merges until an input runs out of fed pages, all is done, or the writer has a full chunk.
    // An error is a page that cannot be decoded.
    Result<void, PageError> advance(PairRunWriter& writer);

    // Every input is merged completely. The caller then finishes the writer.
    bool done() const;

private:
    // (to be written: a tree of losers)
};

}  // namespace elytra::forest
