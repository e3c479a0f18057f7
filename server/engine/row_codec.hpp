#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/account_table.hpp"
#include "server/engine/records.hpp"
#include "server/forest/column_page.hpp"

// Rows as columns, and back. Numbers of tables and columns are in data files: they are never given
// to others.
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

    // Of the table that the batch is for.
    void add(const TransferRecord& record);
    void add(const ExpiryRecord& record);
    void add(u128 failed_id);

    std::span<const std::span<const std::uint64_t>> columns() const;

    // Keeps the rows from `first` on, as the first ones.
    void drop(std::uint32_t first);

private:
    // (to be written)
    std::uint32_t size_ = 0;
};

// Requires: a page of that table, row < row_count(). The account rows in a page that passed its
// checksum are believed to exist; that is checked (an assertion would be wrong here: the result is
// empty when they do not).
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
