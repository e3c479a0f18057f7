#include "server/forest/column_page.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::forest {
namespace {

// Behind the header: a descriptor of one byte for each column, then the bases, then the values.
constexpr std::uint32_t descriptors_offset = sizeof(PageHeader);

static_assert(page_size_max <= UINT16_MAX);  // offsets of columns are numbers of 16 bits

constexpr std::uint32_t byte_width(std::uint64_t value) {
    return (static_cast<std::uint32_t>(std::bit_width(value)) + 7) / 8;
}

// Both ends included.
struct Range {
    std::uint64_t min;
    std::uint64_t max;

    std::uint32_t base_width() const { return byte_width(min); }

    std::uint32_t width() const { return byte_width(max - min); }
};

using Ranges = std::array<Range, columns_max>;

// All values are equal when the first one is as expected and each equals its neighbour, and memcmp
// is fast at that.
bool all_equal(std::span<const std::uint64_t> values, std::uint64_t expected) {
    return values.front() == expected && std::memcmp(values.data(), values.data() + 1,
                                                     values.size_bytes() - sizeof(expected)) == 0;
}

// Two chains of comparisons, because each one waits for its predecessor.
Range extend(Range range, std::span<const std::uint64_t> values) {
    if (range.min == range.max && all_equal(values, range.min)) return range;
    Range other = range;
    std::size_t i = 0;
    for (; i + 2 <= values.size(); i += 2) {
        range.min = std::min(range.min, values[i]);
        range.max = std::max(range.max, values[i]);
        other.min = std::min(other.min, values[i + 1]);
        other.max = std::max(other.max, values[i + 1]);
    }
    if (i < values.size()) {
        range.min = std::min(range.min, values[i]);
        range.max = std::max(range.max, values[i]);
    }
    return {.min = std::min(range.min, other.min), .max = std::max(range.max, other.max)};
}

// How much room columns with certain ranges need.
struct Needs {
    std::uint32_t fixed;  // whatever the number of rows
    std::uint32_t per_row;

    std::uint64_t size(std::size_t rows) const { return fixed + std::uint64_t{per_row} * rows; }
};

// Chooses the rows of a page: grows a prefix of the columns as long as it fits.
class Prefix {
public:
    Prefix(std::span<const std::span<const std::uint64_t>> columns, std::size_t size_max)
        : columns_(columns), size_max_(size_max) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            ELYTRA_ASSERT(columns[i].size() == columns.front().size());
            ranges_[i] = {.min = columns[i].front(), .max = columns[i].front()};
        }
        ELYTRA_ASSERT(needs_of(ranges_).size(1) <= size_max);
    }

    std::size_t rows() const { return rows_; }

    const Ranges& ranges() const { return ranges_; }

    // Looking at rows that do not fit is wasted time, looking at few rows at a time, too.
    void grow() {
        std::size_t step = 32;
        while (step > 0 && rows_ < columns_.front().size()) step = grow_by(step);
    }

private:
    // Tells the next step: less where these rows do not fit.
    std::size_t grow_by(std::size_t step) {
        const std::size_t count = std::min(step, columns_.front().size() - rows_);
        Ranges ranges;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            ranges[i] = extend(ranges_[i], columns_[i].subspan(rows_, count));
        }
        const Needs needs = needs_of(ranges);
        if (needs.size(rows_ + count) <= size_max_) {
            ranges_ = ranges;
            rows_ += count;
            return step;
        }
        // As many as would fit with these ranges fit for sure.
        ELYTRA_ASSERT(needs.fixed <= size_max_ && needs.per_row > 0);  // bases only get smaller
        const std::size_t fitting = (size_max_ - needs.fixed) / needs.per_row;
        return fitting > rows_ ? fitting - rows_ : count / 2;
    }

    Needs needs_of(const Ranges& ranges) const {
        Needs needs{.fixed = descriptors_offset + narrow<std::uint32_t>(columns_.size()),
                    .per_row = 0};
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            needs.fixed += ranges[i].base_width();
            needs.per_row += ranges[i].width();
        }
        return needs;
    }

    std::span<const std::span<const std::uint64_t>> columns_;
    std::size_t size_max_;
    std::size_t rows_ = 0;
    Ranges ranges_;
};

template <class T>
void store_all(std::span<const std::uint64_t> values, std::uint64_t base, std::byte* to) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const T distance = static_cast<T>(values[i] - base);
        std::memcpy(to + i * sizeof(T), &distance, sizeof(T));
    }
}

// Each store also writes zeros behind its value, where the next one or the tail of the page goes.
void store_all_of_width(std::span<const std::uint64_t> values, std::uint64_t base, std::byte* to,
                        std::uint32_t width) {
    for (const std::uint64_t value : values) {
        const std::uint64_t distance = value - base;
        std::memcpy(to, &distance, sizeof(distance));
        to += width;
    }
}

void store_column(std::span<const std::uint64_t> values, const Range& range, std::byte* to) {
    switch (range.width()) {
        case 0:
            return;
        case 1:
            return store_all<std::uint8_t>(values, range.min, to);
        case 2:
            return store_all<std::uint16_t>(values, range.min, to);
        case 4:
            return store_all<std::uint32_t>(values, range.min, to);
        case 8:
            return store_all<std::uint64_t>(values, range.min, to);
        default:
            return store_all_of_width(values, range.min, to, range.width());
    }
}

}  // namespace

std::uint32_t encode_columns(PageName name, std::span<const std::span<const std::uint64_t>> columns,
                             std::span<std::byte> page) {
    ELYTRA_ASSERT(!columns.empty() && columns.size() <= columns_max);
    ELYTRA_ASSERT(!columns.front().empty());
    ELYTRA_ASSERT(columns.front().size() <= UINT32_MAX);
    Prefix prefix(columns, page.size() - page_tail_size);
    prefix.grow();
    ELYTRA_ASSERT(prefix.rows() > 0);

    std::byte* to = page.data() + descriptors_offset;
    for (const Range& range : std::span(prefix.ranges()).first(columns.size())) {
        *to++ = static_cast<std::byte>(range.base_width() << 4 | range.width());
    }
    for (const Range& range : std::span(prefix.ranges()).first(columns.size())) {
        std::memcpy(to, &range.min, sizeof(range.min));
        to += range.base_width();
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Range& range = prefix.ranges()[i];
        store_column(columns[i].first(prefix.rows()), range, to);
        to += range.width() * prefix.rows();
    }
    const auto rows = narrow<std::uint32_t>(prefix.rows());
    seal_page(name, PageKind::columns, narrow<std::uint32_t>(to - page.data()), rows, page);
    return rows;
}

Result<ColumnPage, PageError> ColumnPage::open(PageName name, std::uint32_t column_count,
                                               std::span<const std::byte> page) {
    ELYTRA_ASSERT(column_count > 0 && column_count <= columns_max);
    const auto header = open_page(name, PageKind::columns, page);
    if (!header.has_value()) return Unexpected(header.error());
    if (header->length < descriptors_offset + column_count) {
        return Unexpected(PageError::bad_length);
    }
    ColumnPage opened;
    opened.page_ = page.data();
    opened.row_count_ = header->count;
    opened.column_count_ = column_count;
    std::uint32_t base_offset = descriptors_offset + column_count;
    std::uint64_t offset = base_offset;
    for (std::uint32_t i = 0; i < column_count; ++i) {
        offset += std::to_integer<std::uint32_t>(page[descriptors_offset + i]) >> 4;
    }
    for (std::uint32_t i = 0; i < column_count; ++i) {
        const auto descriptor = std::to_integer<std::uint32_t>(page[descriptors_offset + i]);
        const std::uint32_t base_width = descriptor >> 4;
        const std::uint32_t width = descriptor & 15;
        if (base_width > 8 || width > 8) return Unexpected(PageError::bad_content);
        if (offset > header->length) return Unexpected(PageError::bad_length);
        const std::uint64_t base = load(page.data() + base_offset, base_width);
        if (byte_width(base) != base_width) return Unexpected(PageError::bad_content);
        opened.columns_[i] = {.base = base,
                              .offset = static_cast<std::uint16_t>(offset),
                              .width = static_cast<std::uint8_t>(width)};
        base_offset += base_width;
        offset += std::uint64_t{width} * header->count;
    }
    if (offset != header->length) return Unexpected(PageError::bad_length);
    return opened;
}

}  // namespace elytra::forest
