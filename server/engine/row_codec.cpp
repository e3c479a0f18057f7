#include "server/engine/row_codec.hpp"

#include <algorithm>

namespace elytra::engine {

using forest::ColumnPage;
using ledger::AccountRow;

namespace {

// Of the wide numbers the low half comes first, then the high half.
namespace transfer_columns {
constexpr std::uint32_t timestamp = 0;
constexpr std::uint32_t id = 1;
constexpr std::uint32_t debit_row = 3;
constexpr std::uint32_t credit_row = 4;
constexpr std::uint32_t amount = 5;
constexpr std::uint32_t pending_id = 7;
constexpr std::uint32_t user_data_128 = 9;
constexpr std::uint32_t user_data_64 = 11;
constexpr std::uint32_t user_data_32 = 12;
constexpr std::uint32_t timeout = 13;
constexpr std::uint32_t ledger = 14;
constexpr std::uint32_t code = 15;
constexpr std::uint32_t flags = 16;
constexpr std::uint32_t debit_flags = 17;
constexpr std::uint32_t credit_flags = 18;
constexpr std::uint32_t debit_balances = 19;
constexpr std::uint32_t credit_balances = 27;
constexpr std::uint32_t count = 35;
}  // namespace transfer_columns

namespace expiry_columns {
constexpr std::uint32_t timestamp = 0;
constexpr std::uint32_t transfer = 1;
constexpr std::uint32_t debit_row = 2;
constexpr std::uint32_t credit_row = 3;
constexpr std::uint32_t debit_flags = 4;
constexpr std::uint32_t credit_flags = 5;
constexpr std::uint32_t debit_balances = 6;
constexpr std::uint32_t credit_balances = 14;
constexpr std::uint32_t count = 22;
}  // namespace expiry_columns

namespace failed_id_columns {
constexpr std::uint32_t id = 0;
constexpr std::uint32_t count = 2;
}  // namespace failed_id_columns

// From the first of their columns on.
namespace balance_columns {
constexpr std::uint32_t debits_pending = 0;
constexpr std::uint32_t debits_posted = 2;
constexpr std::uint32_t credits_pending = 4;
constexpr std::uint32_t credits_posted = 6;
}  // namespace balance_columns

static_assert(transfer_columns::count <= forest::columns_max);

// Reads one row of a page, and remembers whether a number did not fit.
class RowReader {
public:
    RowReader(const ColumnPage& page, std::uint32_t row) : page_(page), row_(row) {}

    std::uint64_t u64(std::uint32_t column) const { return page_.value(column, row_); }

    u128 wide(std::uint32_t column) const { return make_u128(u64(column + 1), u64(column)); }

    std::uint32_t u32(std::uint32_t column) {
        const std::uint64_t value = u64(column);
        excess_ |= value >> 32;
        return static_cast<std::uint32_t>(value);
    }

    std::uint16_t u16(std::uint32_t column) {
        const std::uint64_t value = u64(column);
        excess_ |= value >> 16;
        return static_cast<std::uint16_t>(value);
    }

    bool all_fit() const { return excess_ == 0; }

    void read_balances(std::uint32_t first, AccountSnapshot& snapshot) const {
        snapshot.debits_pending = wide(first + balance_columns::debits_pending);
        snapshot.debits_posted = wide(first + balance_columns::debits_posted);
        snapshot.credits_pending = wide(first + balance_columns::credits_pending);
        snapshot.credits_posted = wide(first + balance_columns::credits_posted);
    }

private:
    const ColumnPage& page_;
    std::uint32_t row_;
    std::uint64_t excess_ = 0;
};

}  // namespace

std::uint32_t column_count(RowTableId table) {
    switch (table) {
        case RowTableId::transfers:
            return transfer_columns::count;
        case RowTableId::expiries:
            return expiry_columns::count;
        case RowTableId::failed_ids:
            return failed_id_columns::count;
    }
    ELYTRA_ASSERT(false);
    return 0;
}

// Where the values of one row go.
class ColumnBatch::Row {
public:
    explicit Row(std::uint64_t* first) : first_(first) {}

    void put(std::uint32_t column, std::uint64_t value) const { first_[column * stride] = value; }

    void put_wide(std::uint32_t column, u128 value) const {
        put(column, low_half(value));
        put(column + 1, high_half(value));
    }

    void put_balances(std::uint32_t first, const AccountSnapshot& snapshot) const {
        put_wide(first + balance_columns::debits_pending, snapshot.debits_pending);
        put_wide(first + balance_columns::debits_posted, snapshot.debits_posted);
        put_wide(first + balance_columns::credits_pending, snapshot.credits_pending);
        put_wide(first + balance_columns::credits_posted, snapshot.credits_posted);
    }

private:
    std::uint64_t* first_;
};

ColumnBatch::ColumnBatch(RowTableId table)
    : table_(table),
      column_count_(engine::column_count(table)),
      values_(column_count_ * stride),
      columns_(column_count_) {}

std::uint64_t* ColumnBatch::next_row() {
    ELYTRA_ASSERT(!full());
    if (first_ + size_ == room) {
        for (std::size_t column = 0; column < column_count_; ++column) {
            const auto begin = values_.begin() + static_cast<std::ptrdiff_t>(column * stride);
            std::copy_n(begin + first_, size_, begin);
        }
        first_ = 0;
    }
    return &values_[first_ + size_++];
}

void ColumnBatch::add(const TransferRecord& record) {
    ELYTRA_ASSERT(table_ == RowTableId::transfers);
    const Row row(next_row());
    const wire::Transfer& transfer = record.transfer;
    row.put(transfer_columns::timestamp, transfer.timestamp);
    row.put_wide(transfer_columns::id, transfer.id);
    row.put(transfer_columns::debit_row, record.debit.account.value);
    row.put(transfer_columns::credit_row, record.credit.account.value);
    row.put_wide(transfer_columns::amount, transfer.amount);
    row.put_wide(transfer_columns::pending_id, transfer.pending_id);
    row.put_wide(transfer_columns::user_data_128, transfer.user_data_128);
    row.put(transfer_columns::user_data_64, transfer.user_data_64);
    row.put(transfer_columns::user_data_32, transfer.user_data_32);
    row.put(transfer_columns::timeout, transfer.timeout);
    row.put(transfer_columns::ledger, transfer.ledger);
    row.put(transfer_columns::code, transfer.code);
    row.put(transfer_columns::flags, transfer.flags);
    row.put(transfer_columns::debit_flags, record.debit.flags);
    row.put(transfer_columns::credit_flags, record.credit.flags);
    row.put_balances(transfer_columns::debit_balances, record.debit);
    row.put_balances(transfer_columns::credit_balances, record.credit);
}

void ColumnBatch::add(const ExpiryRecord& record) {
    ELYTRA_ASSERT(table_ == RowTableId::expiries);
    const Row row(next_row());
    row.put(expiry_columns::timestamp, record.timestamp);
    row.put(expiry_columns::transfer, record.transfer.value);
    row.put(expiry_columns::debit_row, record.debit.account.value);
    row.put(expiry_columns::credit_row, record.credit.account.value);
    row.put(expiry_columns::debit_flags, record.debit.flags);
    row.put(expiry_columns::credit_flags, record.credit.flags);
    row.put_balances(expiry_columns::debit_balances, record.debit);
    row.put_balances(expiry_columns::credit_balances, record.credit);
}

void ColumnBatch::add(u128 failed_id) {
    ELYTRA_ASSERT(table_ == RowTableId::failed_ids);
    const Row row(next_row());
    row.put_wide(failed_id_columns::id, failed_id);
}

std::span<const std::span<const std::uint64_t>> ColumnBatch::columns() {
    for (std::size_t column = 0; column < column_count_; ++column) {
        columns_[column] = std::span(values_).subspan(column * stride + first_, size_);
    }
    return columns_;
}

void ColumnBatch::drop(std::uint32_t first) {
    ELYTRA_ASSERT(first <= size_);
    first_ += first;
    size_ -= first;
    if (size_ == 0) first_ = 0;
}

std::optional<TransferRecord> decode_transfer(const ColumnPage& page, std::uint32_t row,
                                              const AccountTable& accounts) {
    RowReader reader(page, row);
    const AccountRow debit{reader.u32(transfer_columns::debit_row)};
    const AccountRow credit{reader.u32(transfer_columns::credit_row)};
    if (debit.value >= accounts.count() || credit.value >= accounts.count()) return std::nullopt;
    std::optional<TransferRecord> record(std::in_place);
    record->transfer = {.id = reader.wide(transfer_columns::id),
                        .debit_account_id = accounts.account(debit).id,
                        .credit_account_id = accounts.account(credit).id,
                        .amount = reader.wide(transfer_columns::amount),
                        .pending_id = reader.wide(transfer_columns::pending_id),
                        .user_data_128 = reader.wide(transfer_columns::user_data_128),
                        .user_data_64 = reader.u64(transfer_columns::user_data_64),
                        .user_data_32 = reader.u32(transfer_columns::user_data_32),
                        .timeout = reader.u32(transfer_columns::timeout),
                        .ledger = reader.u32(transfer_columns::ledger),
                        .code = reader.u16(transfer_columns::code),
                        .flags = reader.u16(transfer_columns::flags),
                        .timestamp = reader.u64(transfer_columns::timestamp)};
    record->debit = {.account = debit, .flags = reader.u16(transfer_columns::debit_flags)};
    record->credit = {.account = credit, .flags = reader.u16(transfer_columns::credit_flags)};
    reader.read_balances(transfer_columns::debit_balances, record->debit);
    reader.read_balances(transfer_columns::credit_balances, record->credit);
    if (!reader.all_fit()) return std::nullopt;
    return record;
}

std::optional<ExpiryRecord> decode_expiry(const ColumnPage& page, std::uint32_t row,
                                          const AccountTable& accounts) {
    RowReader reader(page, row);
    const AccountRow debit{reader.u32(expiry_columns::debit_row)};
    const AccountRow credit{reader.u32(expiry_columns::credit_row)};
    if (debit.value >= accounts.count() || credit.value >= accounts.count()) return std::nullopt;
    ExpiryRecord record{
        .timestamp = reader.u64(expiry_columns::timestamp),
        .transfer = ledger::TransferRow{reader.u32(expiry_columns::transfer)},
        .debit = {.account = debit, .flags = reader.u16(expiry_columns::debit_flags)},
        .credit = {.account = credit, .flags = reader.u16(expiry_columns::credit_flags)}};
    reader.read_balances(expiry_columns::debit_balances, record.debit);
    reader.read_balances(expiry_columns::credit_balances, record.credit);
    if (!reader.all_fit()) return std::nullopt;
    return record;
}

u128 decode_failed_id(const ColumnPage& page, std::uint32_t row) {
    return RowReader(page, row).wide(failed_id_columns::id);
}

u128 decode_transfer_id(const ColumnPage& page, std::uint32_t row) {
    return RowReader(page, row).wide(transfer_columns::id);
}

std::uint64_t decode_transfer_timestamp(const ColumnPage& page, std::uint32_t row) {
    return page.value(transfer_columns::timestamp, row);
}

std::uint64_t decode_expiry_timestamp(const ColumnPage& page, std::uint32_t row) {
    return page.value(expiry_columns::timestamp, row);
}

}  // namespace elytra::engine
