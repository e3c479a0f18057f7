#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/int.hpp"
#include "server/common/result.hpp"
#include "server/forest/page.hpp"
#include "server/forest/pair.hpp"

// Pairs of an index in ascending order, as distances from the smallest key and row of the page in
// as few bits as the page needs; any pair can be read without its neighbours. A page whose pairs
// have one key stores rows as distances from a run of consecutive rows, so that a long such run
// takes no space at all. Byte table: README.md.
namespace elytra::forest {

// Collects the pairs of one page.
class PairPageWriter {
public:
    explicit PairPageWriter(std::uint32_t page_size);

    // False: the page is full and has to be finished first. Requires: pairs ascend strictly.
    [[nodiscard]] bool add(Pair pair);

    bool empty() const;

    // Writes the page, tells what its parent has to know, and is empty again.
    // Requires: not empty; `page` has page_size bytes.
    Fence finish(PageName name, std::span<std::byte> page);

private:
    // (to be written)
};

class PairPage {
public:
    // Nothing in the bytes is trusted, not even behind a right checksum.
    static Result<PairPage, PageError> open(PageName name, std::span<const std::byte> page);

    std::uint32_t size() const;

    // Requires: index < size().
    Pair at(std::uint32_t index) const;

    // The index of the first pair that is not less; size() if there is none.
    std::uint32_t lower_bound(Pair pair) const;

private:
    // (to be written)
};

// The number of the first page that can hold `pair` or something above it, when the fences are
// those of the pages of a run: the last page whose first pair is not above `pair`, else 0.
std::uint32_t find_page(std::span<const Fence> fences, Pair pair);

}  // namespace elytra::forest
