#include "server/forest/pair_page.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::forest {
namespace {

// Behind the header; the entries follow.
struct PairPageBases {
    std::uint64_t key = 0;
    std::uint32_t row = 0;
    std::uint8_t key_width = 0;
    std::uint8_t row_width = 0;
    std::uint16_t reserved = 0;
};

static_assert(sizeof(PairPageBases) == 16);

constexpr std::uint32_t entries_offset = sizeof(PageHeader) + sizeof(PairPageBases);
constexpr std::uint32_t key_width_max = 64;
constexpr std::uint32_t row_width_max = 32;

// An entry of so many bits can be read with one load of eight bytes, whichever bit it starts at.
constexpr std::uint32_t narrow_width_max = 56;

std::uint32_t width_of(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::bit_width(value));
}

std::uint64_t mask_of(std::uint32_t width) {
    return width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
}

std::uint64_t bytes_of(std::uint64_t bits) { return bits / 8 + (bits % 8 != 0 ? 1 : 0); }

// Appends numbers bit by bit, the lowest bit first. Writes up to eight bytes beyond its end.
class BitSink {
public:
    explicit BitSink(std::byte* to) : to_(to) {}

    // Requires: value < 2^width, width <= 56.
    void put(std::uint64_t value, std::uint32_t width) {
        bits_ |= value << count_;
        std::memcpy(to_, &bits_, sizeof(bits_));
        count_ += width;
        to_ += count_ / 8;
        bits_ >>= count_ & ~7U;
        count_ %= 8;
    }

    // Requires: value < 2^width, width <= 64.
    void put_wide(std::uint64_t value, std::uint32_t width) {
        const std::uint32_t low_width = std::min(width, 32U);
        put(value & mask_of(32), low_width);
        put(value >> 32, width - low_width);
    }

private:
    std::byte* to_;
    std::uint64_t bits_ = 0;   // not yet complete bytes
    std::uint32_t count_ = 0;  // of them, below 8
};

// The smallest index that is not less; `count` if all are. Requires: those that are less come
// first.
template <class IsLess>
std::uint32_t find_first(std::uint32_t count, IsLess is_less) {
    std::uint32_t first = 0;
    while (count > 0) {
        const std::uint32_t half = count / 2;
        const bool less = is_less(first + half);
        first = less ? first + half + 1 : first;
        count = less ? count - half - 1 : half;
    }
    return first;
}

}  // namespace

PairPageWriter::PairPageWriter(std::uint32_t page_size)
    : page_size_(page_size),
      entry_bits_max_((page_size - entries_offset - page_tail_size) * std::uint64_t{8}) {
    ELYTRA_ASSERT(page_size > entries_offset + page_tail_size);
    ELYTRA_ASSERT(page_size <= page_size_max);
}

bool PairPageWriter::add(Pair pair) {
    ELYTRA_ASSERT(count_ == 0 || last_ < pair);
    if (has_one_key()) {
        if (count_ == 0) return add_first(pair);
        return pair.key == first_.key ? add_to_key(pair) : add_second_key(pair);
    }
    if (!is_within_widths(pair)) {
        if (!widen(pair)) return false;
    } else if (count_ == count_max_) {
        return false;
    }
    pairs_.push_back(pair);
    row_max_ = std::max(row_max_, pair.row);
    last_ = pair;
    ++count_;
    return true;
}

std::size_t PairPageWriter::add(std::span<const Pair> pairs) {
    std::size_t added = 0;
    while (added < pairs.size()) {
        if (!add(pairs[added])) return added;
        ++added;
        if (has_one_key()) continue;
        // As many as need nothing but their places.
        const std::size_t end = added + std::min(pairs.size() - added, count_max_ - count_);
        const std::size_t begin = added;
        for (; added < end && is_within_widths(pairs[added]); ++added) {
            ELYTRA_ASSERT(pairs[added - 1] < pairs[added]);
            row_max_ = std::max(row_max_, pairs[added].row);
        }
        pairs_.insert(pairs_.end(), pairs.begin() + static_cast<std::ptrdiff_t>(begin),
                      pairs.begin() + static_cast<std::ptrdiff_t>(added));
        count_ += static_cast<std::uint32_t>(added - begin);
        last_ = pairs[added - 1];
    }
    return added;
}

bool PairPageWriter::add_first(Pair pair) {
    first_ = pair;
    last_ = pair;
    count_ = 1;
    consecutive_ = 1;
    return true;
}

bool PairPageWriter::add_to_key(Pair pair) {
    const std::uint32_t gap = pair.row - first_.row - count_;
    const std::uint64_t bits = (std::uint64_t{count_} + 1) * width_of(gap);
    if (bits > entry_bits_max_ || count_ == UINT32_MAX) return false;
    if (gap == 0) {
        ++consecutive_;
    } else {
        gaps_.push_back(gap);
    }
    last_ = pair;
    ++count_;
    return true;
}

bool PairPageWriter::add_second_key(Pair pair) {
    row_min_ = first_.row;
    row_max_ = last_.row;
    if (!widen(pair)) return false;
    for (std::uint32_t i = 0; i < count_; ++i) {
        const std::uint32_t gap = i < consecutive_ ? 0 : gaps_[i - consecutive_];
        pairs_.push_back({.key = first_.key, .row = first_.row + i + gap});
    }
    pairs_.push_back(pair);
    row_max_ = std::max(row_max_, pair.row);
    last_ = pair;
    ++count_;
    return true;
}

bool PairPageWriter::is_within_widths(Pair pair) const {
    // In 64 bits, where a row below the smallest one is further away than any mask reaches.
    const std::uint64_t row_distance = std::uint64_t{pair.row} - row_min_;
    return pair.key - first_.key <= key_mask_ && row_distance <= row_mask_;
}

// Makes the entries wide enough for another pair, if the page is large enough for that.
bool PairPageWriter::widen(Pair pair) {
    const std::uint32_t row_min = std::min(row_min_, pair.row);
    const std::uint32_t row_width = width_of(std::max(row_max_, pair.row) - row_min);
    const std::uint32_t key_width = width_of(pair.key - first_.key);
    const std::uint64_t count_max = entry_bits_max_ / (key_width + row_width);
    if (count_ >= count_max) return false;
    row_min_ = row_min;
    row_mask_ = static_cast<std::uint32_t>(mask_of(row_width));
    key_mask_ = mask_of(key_width);
    count_max_ = count_max;
    return true;
}

std::uint32_t PairPageWriter::write_key(std::span<std::byte> page) const {
    const std::uint32_t row_width = gaps_.empty() ? 0 : width_of(gaps_.back());
    const PairPageBases bases{
        .key = first_.key, .row = first_.row, .row_width = static_cast<std::uint8_t>(row_width)};
    std::memcpy(page.data() + sizeof(PageHeader), &bases, sizeof(bases));
    if (row_width == 0) return entries_offset;
    BitSink sink(page.data() + entries_offset);
    for (std::uint32_t i = 0; i < consecutive_; ++i) sink.put(0, row_width);
    for (const std::uint32_t gap : gaps_) sink.put(gap, row_width);
    return entries_offset + narrow<std::uint32_t>(bytes_of(std::uint64_t{count_} * row_width));
}

std::uint32_t PairPageWriter::write_pairs(std::span<std::byte> page) const {
    const std::uint32_t key_width = width_of(key_mask_);
    const std::uint32_t row_width = width_of(row_mask_);
    const PairPageBases bases{.key = first_.key,
                              .row = row_min_,
                              .key_width = static_cast<std::uint8_t>(key_width),
                              .row_width = static_cast<std::uint8_t>(row_width)};
    std::memcpy(page.data() + sizeof(PageHeader), &bases, sizeof(bases));
    const std::uint32_t width = key_width + row_width;
    BitSink sink(page.data() + entries_offset);
    if (width <= narrow_width_max) {
        for (const Pair& pair : pairs_) {
            const std::uint64_t row_distance = pair.row - row_min_;
            sink.put((pair.key - first_.key) << row_width | row_distance, width);
        }
    } else {
        for (const Pair& pair : pairs_) {
            sink.put(pair.row - row_min_, row_width);
            sink.put_wide(pair.key - first_.key, key_width);
        }
    }
    return entries_offset + narrow<std::uint32_t>(bytes_of(std::uint64_t{count_} * width));
}

Fence PairPageWriter::finish(PageName name, std::span<std::byte> page) {
    ELYTRA_ASSERT(!empty());
    ELYTRA_ASSERT(page.size() == page_size_);
    const std::uint32_t length = has_one_key() ? write_key(page) : write_pairs(page);
    seal_page(name, PageKind::pairs, length, count_, page);
    const Fence fence{.first_key = first_.key,
                      .first_row = first_.row,
                      .count = count_,
                      .checksum = wire::checksum(page)};
    count_ = 0;
    gaps_.clear();
    pairs_.clear();
    return fence;
}

Result<PairPage, PageError> PairPage::open(PageName name, std::span<const std::byte> page) {
    const auto header = open_page(name, PageKind::pairs, page);
    if (!header.has_value()) return Unexpected(header.error());
    if (header->length < entries_offset) return Unexpected(PageError::bad_length);
    PairPageBases bases;
    std::memcpy(&bases, page.data() + sizeof(PageHeader), sizeof(bases));
    if (bases.reserved != 0) return Unexpected(PageError::bad_padding);
    if (bases.key_width > key_width_max || bases.row_width > row_width_max) {
        return Unexpected(PageError::bad_content);
    }
    PairPage opened;
    opened.entries_ = page.data() + entries_offset;
    opened.count_ = header->count;
    opened.base_row_ = bases.row;
    opened.base_key_ = bases.key;
    opened.key_mask_ = mask_of(bases.key_width);
    opened.row_mask_ = static_cast<std::uint32_t>(mask_of(bases.row_width));
    opened.key_width_ = bases.key_width;
    opened.row_width_ = bases.row_width;
    opened.entry_width_ = static_cast<std::uint8_t>(bases.key_width + bases.row_width);
    const std::uint64_t bits = std::uint64_t{header->count} * opened.entry_width_;
    if (header->length != entries_offset + bytes_of(bits)) return Unexpected(PageError::bad_length);
    const auto last_byte = std::to_integer<std::uint32_t>(page[header->length - 1]);
    if (bits % 8 != 0 && last_byte >> (bits % 8) != 0) return Unexpected(PageError::bad_padding);
    if (!opened.is_plausible()) return Unexpected(PageError::bad_content);
    return opened;
}

// Nothing that ascends from here to there is beyond what keys and rows can be.
bool PairPage::is_plausible() const {
    const std::uint64_t last_bit = std::uint64_t{count_ - 1} * entry_width_;
    if (has_one_key()) {
        const std::uint64_t gap = load(last_bit) & row_mask_;
        return base_row_ + std::uint64_t{count_ - 1} + gap <= UINT32_MAX;
    }
    return key_distance(row_width_) == 0 &&
           key_distance(last_bit + row_width_) <= UINT64_MAX - base_key_;
}

// At least 57 bits from this one on.
std::uint64_t PairPage::load(std::uint64_t bit) const {
    std::uint64_t bits;
    std::memcpy(&bits, entries_ + bit / 8, sizeof(bits));
    return bits >> (bit % 8);
}

// The one whose first bit is this.
std::uint64_t PairPage::key_distance(std::uint64_t bit) const {
    std::uint64_t distance = load(bit);
    const std::uint64_t loaded = 64 - bit % 8;
    if (key_width_ > loaded) {
        distance |= std::to_integer<std::uint64_t>(entries_[bit / 8 + 8]) << loaded;
    }
    return distance & key_mask_;
}

Pair PairPage::entry(std::uint32_t index) const {
    const std::uint64_t bit = std::uint64_t{index} * entry_width_;
    const auto row_distance = static_cast<std::uint32_t>(load(bit)) & row_mask_;
    if (has_one_key()) return {.key = base_key_, .row = base_row_ + index + row_distance};
    return {.key = base_key_ + key_distance(bit + row_width_), .row = base_row_ + row_distance};
}

Pair PairPage::at(std::uint32_t index) const {
    ELYTRA_ASSERT(index < count_);
    return entry(index);
}

void PairPage::copy(std::uint32_t first, std::span<Pair> into) const {
    ELYTRA_ASSERT(first <= count_ && into.size() <= count_ - first);
    if (has_one_key() || !is_narrow()) {
        for (Pair& pair : into) pair = entry(first++);
        return;
    }
    std::uint64_t bit = std::uint64_t{first} * entry_width_;
    for (Pair& pair : into) {
        const std::uint64_t distances = load(bit);
        pair.key = base_key_ + ((distances >> row_width_) & key_mask_);
        pair.row = base_row_ + (static_cast<std::uint32_t>(distances) & row_mask_);
        bit += entry_width_;
    }
}

std::uint32_t PairPage::lower_bound(Pair pair) const {
    if (pair.key < base_key_) return 0;
    if (has_one_key()) {
        if (pair.key > base_key_) return count_;
        return pair.row <= base_row_ ? 0 : lower_bound_in_key(pair.row - base_row_);
    }
    std::uint64_t key_distance = pair.key - base_key_;
    std::uint32_t row_distance = pair.row <= base_row_ ? 0 : pair.row - base_row_;
    if (key_distance > key_mask_) return count_;
    if (row_distance > row_mask_) {
        // No row of this key; the next key, then.
        if (key_distance == key_mask_) return count_;
        ++key_distance;
        row_distance = 0;
    }
    return lower_bound_in_page(key_distance, row_distance);
}

std::uint32_t PairPage::lower_bound_in_key(std::uint32_t row_distance) const {
    if (row_width_ == 0) return std::min(row_distance, count_);
    return find_first(count_, [&](std::uint32_t index) {
        const std::uint64_t gap = load(std::uint64_t{index} * row_width_) & row_mask_;
        return index + gap < row_distance;
    });
}

std::uint32_t PairPage::lower_bound_in_page(std::uint64_t key_distance,
                                            std::uint32_t row_distance) const {
    if (is_narrow()) {
        const std::uint64_t wanted = key_distance << row_width_ | row_distance;
        const std::uint64_t mask = mask_of(entry_width_);
        return find_first(count_, [&](std::uint32_t index) {
            return (load(std::uint64_t{index} * entry_width_) & mask) < wanted;
        });
    }
    return find_first(count_, [&](std::uint32_t index) {
        const std::uint64_t bit = std::uint64_t{index} * entry_width_;
        const std::uint64_t found = this->key_distance(bit + row_width_);
        return found < key_distance ||
               (found == key_distance && (load(bit) & row_mask_) < row_distance);
    });
}

std::uint32_t find_page(std::span<const Fence> fences, Pair pair) {
    const std::uint32_t above =
        find_first(narrow<std::uint32_t>(fences.size()), [&](std::uint32_t index) {
            const Fence& fence = fences[index];
            return Pair{.key = fence.first_key, .row = fence.first_row} <= pair;
        });
    return above == 0 ? 0 : above - 1;
}

}  // namespace elytra::forest
