#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/account_table.hpp"
#include "server/engine/records.hpp"
#include "server/forest/column_page.hpp"

// Rows as columns, and back. Numbers of tables and columns (README.md) are in data files: they are
// never given to others.
namespace elytra::engine {

enum class RowTableId : std::uint8_t { transfers = 0, expiries = 1, failed_ids = 2 };

inline constexpr std::size_t row_table_count = 3;

std::uint32_t column_count(RowTableId table);

// Collects rows of one table column by column, for forest::encode_columns().
class ColumnBatch {
public:
    static constexpr std::uint32_t rows_max = 512;

    explicit ColumnBatch(RowTableId table);

    std::uint32_t size() const { return size_; }

    bool full() const { return size_ == rows_max; }

    // Of the table that the batch is for. Requires: not full.
    void add(const TransferRecord& record);
    void add(const ExpiryRecord& record);
    void add(u128 failed_id);

    // Valid until the batch is changed, or asked again.
    std::span<const std::span<const std::uint64_t>> columns();

    // Keeps the rows from `first` on, as the first ones.
    void drop(std::uint32_t first);

private:
    class Row;

    // Each column has room for twice the rows, so that drop() only has to move a beginning, and
    // rows are moved once in rows_max. The columns lie apart by an odd number of cache lines, so
    // that the values of a row do not compete for one set of the cache.
    static constexpr std::size_t room = 2 * rows_max;
    static constexpr std::size_t stride = room + 8;

    std::uint64_t* next_row();

    RowTableId table_;
    std::uint32_t column_count_;
    std::uint32_t first_ = 0;  // where the rows begin
    std::uint32_t size_ = 0;
    std::vector<std::uint64_t> values_;  // of column c from c * stride on
    std::vector<std::span<const std::uint64_t>> columns_;
};

// Requires: a page of that table, row < row_count(). The account rows in a page that passed its
// checksum are believed to exist; that is checked all the same: the result is empty when they do
// not, or when a number is too large for its field.
std::optional<TransferRecord> decode_transfer(const forest::ColumnPage& page, std::uint32_t row,
                                              const AccountTable& accounts);
std::optional<ExpiryRecord> decode_expiry(const forest::ColumnPage& page, std::uint32_t row,
                                          const AccountTable& accounts);
u128 decode_failed_id(const forest::ColumnPage& page, std::uint32_t row);

// Parts of a row, without the rest.
u128 decode_transfer_id(const forest::ColumnPage& page, std::uint32_t row);
std::uint64_t decode_transfer_timestamp(const forest::ColumnPage& page, std::uint32_t row);
std::uint64_t decode_expiry_timestamp(const forest::ColumnPage& page, std::uint32_t row);

}  // namespace elytra::engine
