#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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

    // The same for many pairs, faster: the number of those that were added.
    [[nodiscard]] std::size_t add(std::span<const Pair> pairs);

    bool empty() const { return count_ == 0; }

    // Writes the page, tells what its parent has to know, and is empty again.
    // Requires: not empty; `page` has page_size bytes.
    Fence finish(PageName name, std::span<std::byte> page);

private:
    bool has_one_key() const { return pairs_.empty(); }

    bool add_first(Pair pair);
    bool add_to_key(Pair pair);
    bool add_second_key(Pair pair);
    bool is_within_widths(Pair pair) const;
    bool widen(Pair pair);

    // Tell the length of the page.
    std::uint32_t write_key(std::span<std::byte> page) const;
    std::uint32_t write_pairs(std::span<std::byte> page) const;

    std::uint32_t page_size_;
    std::uint64_t entry_bits_max_;  // of all entries of a page
    std::uint32_t count_ = 0;
    Pair first_;
    Pair last_;

    // Of one key: the first pairs have consecutive rows and are only counted; of the others, how
    // far their rows are from continuing the first ones. That never gets less.
    std::uint32_t consecutive_ = 0;
    std::vector<std::uint32_t> gaps_;

    // Of several keys; empty before. The masks are as wide as the distances from the first key and
    // from the smallest row.
    std::vector<Pair> pairs_;
    std::uint32_t row_min_ = 0;
    std::uint32_t row_max_ = 0;
    std::uint32_t row_mask_ = 0;
    std::uint64_t key_mask_ = 0;
    std::uint64_t count_max_ = 0;  // with entries of this width
};

class PairPage {
public:
    // Nothing in the bytes is trusted, not even behind a right checksum: every call is safe on what
    // opens. That all pairs ascend is not verified, for a look-up would pay for all of them; who
    // reads them all compares them on the way.
    static Result<PairPage, PageError> open(PageName name, std::span<const std::byte> page);

    std::uint32_t size() const { return count_; }

    // Requires: index < size().
    Pair at(std::uint32_t index) const;

    // The pairs from an index on; cheaper than one by one. Requires: they are in the page.
    void copy(std::uint32_t first, std::span<Pair> into) const;

    // The index of the first pair that is not less; size() if there is none.
    std::uint32_t lower_bound(Pair pair) const;

private:
    bool has_one_key() const { return key_width_ == 0; }

    // Entries of up to 56 bits are read with one load, whichever bit of a byte they start at.
    bool is_narrow() const { return entry_width_ <= 56; }

    bool is_plausible() const;

    std::uint64_t load(std::uint64_t bit) const;
    std::uint64_t key_distance(std::uint64_t bit) const;
    Pair entry(std::uint32_t index) const;
    std::uint32_t lower_bound_in_key(std::uint32_t row_distance) const;
    std::uint32_t lower_bound_in_page(std::uint64_t key_distance, std::uint32_t row_distance) const;

    const std::byte* entries_ = nullptr;
    std::uint32_t count_ = 0;
    std::uint32_t base_row_ = 0;
    std::uint64_t base_key_ = 0;
    std::uint64_t key_mask_ = 0;
    std::uint32_t row_mask_ = 0;
    std::uint8_t key_width_ = 0;  // in bits
    std::uint8_t row_width_ = 0;
    std::uint8_t entry_width_ = 0;
};

// The number of the first page that can hold `pair` or something above it, when the fences are
// those of the pages of a run: the last page whose first pair is not above `pair`, else 0.
std::uint32_t find_page(std::span<const Fence> fences, Pair pair);

}  // namespace elytra::forest
