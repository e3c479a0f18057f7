#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "server/common/assert.hpp"
#include "server/common/result.hpp"
#include "server/forest/page.hpp"

// Rows as columns: of each column the smallest value is stored once, and each row's distance from
// it in as few whole bytes as the page needs, so that any row can be read without its neighbours.
// Byte table: README.md.
namespace elytra::forest {

inline constexpr std::uint32_t columns_max = 64;

// Fills the page with as many of the leading rows as fit and tells how many. `columns` have the
// same length, at least 1. A page of 4 KiB holds at least one row of columns_max columns.
std::uint32_t encode_columns(PageName name, std::span<const std::span<const std::uint64_t>> columns,
                             std::span<std::byte> page);

// Reads a page that encode_columns() made. Points into the bytes that it was opened with.
class ColumnPage {
public:
    // Nothing in the bytes is trusted, not even behind a right checksum.
    static Result<ColumnPage, PageError> open(PageName name, std::uint32_t column_count,
                                              std::span<const std::byte> page);

    std::uint32_t row_count() const { return row_count_; }

    // Requires: column < column_count, row < row_count(). Inline, because a row is read as dozens
    // of values.
    std::uint64_t value(std::uint32_t column, std::uint32_t row) const {
        ELYTRA_ASSERT(column < column_count_);
        ELYTRA_ASSERT(row < row_count_);
        const Column& found = columns_[column];
        return found.base +
               load(page_ + found.offset + std::size_t{row} * found.width, found.width);
    }

private:
    static constexpr std::array<std::uint64_t, 9> width_masks = {0,
                                                                 0xff,
                                                                 0xffff,
                                                                 0xff'ffff,
                                                                 0xffff'ffff,
                                                                 0xff'ffff'ffff,
                                                                 0xffff'ffff'ffff,
                                                                 0xff'ffff'ffff'ffff,
                                                                 0xffff'ffff'ffff'ffff};

    // Reads eight bytes whatever the width is; the tail of a page leaves room for that.
    static std::uint64_t load(const std::byte* bytes, std::uint32_t width) {
        std::uint64_t value;
        std::memcpy(&value, bytes, sizeof(value));
        return value & width_masks[width];
    }

    struct Column {
        std::uint64_t base;
        std::uint16_t offset;  // of the first row's value in the page
        std::uint8_t width;    // of each value, in bytes
    };

    const std::byte* page_ = nullptr;
    std::uint32_t row_count_ = 0;
    std::uint32_t column_count_ = 0;
    std::array<Column, columns_max> columns_{};
};

}  // namespace elytra::forest
