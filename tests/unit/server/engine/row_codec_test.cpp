#include "server/engine/row_codec.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

namespace elytra::engine {
namespace {

using forest::ColumnPage;
using forest::PageName;
using ledger::AccountRow;
using ledger::TransferRow;

constexpr std::uint32_t page_size = 8192;
constexpr std::uint32_t account_count = 100;

AccountTable sample_accounts() {
    AccountTable accounts(limits_tiny());
    for (std::uint32_t i = 1; i <= account_count; ++i) {
        accounts.append({.id = make_u128(i, i * 3), .ledger = 1, .code = 1, .timestamp = i});
    }
    return accounts;
}

// Mostly small, sometimes of any size.
std::uint64_t random_u64(Prng& prng) {
    return prng.chance(1, 3) ? 0 : prng.next() >> prng.below(64);
}

u128 random_wide(Prng& prng) { return make_u128(random_u64(prng), random_u64(prng)); }

AccountSnapshot random_snapshot(Prng& prng) {
    return {.account = AccountRow{static_cast<std::uint32_t>(prng.below(account_count))},
            .flags = static_cast<std::uint16_t>(prng.next()),
            .debits_pending = random_wide(prng),
            .debits_posted = random_wide(prng),
            .credits_pending = random_wide(prng),
            .credits_posted = random_wide(prng)};
}

TransferRecord random_transfer(Prng& prng, const AccountTable& accounts) {
    TransferRecord record{
        .transfer = {}, .debit = random_snapshot(prng), .credit = random_snapshot(prng)};
    record.transfer = {.id = random_wide(prng),
                       .debit_account_id = accounts.account(record.debit.account).id,
                       .credit_account_id = accounts.account(record.credit.account).id,
                       .amount = random_wide(prng),
                       .pending_id = random_wide(prng),
                       .user_data_128 = random_wide(prng),
                       .user_data_64 = random_u64(prng),
                       .user_data_32 = static_cast<std::uint32_t>(random_u64(prng)),
                       .timeout = static_cast<std::uint32_t>(random_u64(prng)),
                       .ledger = static_cast<std::uint32_t>(random_u64(prng)),
                       .code = static_cast<std::uint16_t>(random_u64(prng)),
                       .flags = static_cast<std::uint16_t>(random_u64(prng)),
                       .timestamp = random_u64(prng)};
    return record;
}

bool equal(const TransferRecord& left, const TransferRecord& right) {
    return left.transfer == right.transfer && left.debit == right.debit &&
           left.credit == right.credit;
}

bool equal(const ExpiryRecord& left, const ExpiryRecord& right) {
    return left.timestamp == right.timestamp && left.transfer == right.transfer &&
           left.debit == right.debit && left.credit == right.credit;
}

// Writes rows as pages, which is how the batch is used, and hands every page to `check`.
template <class Record, class Check>
void write_pages(RowTableId table, std::span<const Record> records, const Check& check) {
    ColumnBatch batch(table);
    std::vector<std::byte> bytes(page_size);
    std::size_t added = 0;
    std::uint32_t number = 0;
    for (std::size_t written = 0; written < records.size();) {
        while (!batch.full() && added < records.size()) batch.add(records[added++]);
        CHECK(batch.size() == added - written);
        const PageName name{.segment = 4, .number = number++};
        const std::uint32_t count = forest::encode_columns(name, batch.columns(), bytes);
        batch.drop(count);
        const auto page = ColumnPage::open(name, column_count(table), bytes);
        REQUIRE(page.has_value());
        REQUIRE(page->row_count() == count);
        check(*page, written);
        written += count;
    }
    CHECK(batch.size() == 0);
}

TEST_CASE("any transfers come back from their pages, whole and in parts") {
    const AccountTable accounts = sample_accounts();
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        std::vector<TransferRecord> records(prng.between(1, 3000));
        for (TransferRecord& record : records) record = random_transfer(prng, accounts);
        bool all_equal = true;
        const auto check = [&](const ColumnPage& page, std::size_t first) {
            for (std::uint32_t row = 0; row < page.row_count(); ++row) {
                const TransferRecord& expected = records[first + row];
                const auto found = decode_transfer(page, row, accounts);
                all_equal = all_equal && found.has_value() && equal(*found, expected) &&
                            decode_transfer_id(page, row) == expected.transfer.id &&
                            decode_transfer_timestamp(page, row) == expected.transfer.timestamp;
            }
        };
        write_pages<TransferRecord>(RowTableId::transfers, records, check);
        CHECK(all_equal);
    }
}

TEST_CASE("any expiries come back from their pages") {
    const AccountTable accounts = sample_accounts();
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        std::vector<ExpiryRecord> records(prng.between(1, 3000));
        for (ExpiryRecord& record : records) {
            record = {.timestamp = prng.next(),
                      .transfer = TransferRow{static_cast<std::uint32_t>(prng.next())},
                      .debit = random_snapshot(prng),
                      .credit = random_snapshot(prng)};
        }
        bool all_equal = true;
        const auto check = [&](const ColumnPage& page, std::size_t first) {
            for (std::uint32_t row = 0; row < page.row_count(); ++row) {
                const ExpiryRecord& expected = records[first + row];
                const auto found = decode_expiry(page, row, accounts);
                all_equal = all_equal && found.has_value() && equal(*found, expected) &&
                            decode_expiry_timestamp(page, row) == expected.timestamp;
            }
        };
        write_pages<ExpiryRecord>(RowTableId::expiries, records, check);
        CHECK(all_equal);
    }
}

TEST_CASE("failed ids come back from their pages") {
    Prng prng(3);
    std::vector<u128> ids(5000);
    for (u128& id : ids) id = random_wide(prng);
    bool all_equal = true;
    const auto check = [&](const ColumnPage& page, std::size_t first) {
        for (std::uint32_t row = 0; row < page.row_count(); ++row) {
            all_equal = all_equal && decode_failed_id(page, row) == ids[first + row];
        }
    };
    write_pages<u128>(RowTableId::failed_ids, ids, check);
    CHECK(all_equal);
}

TEST_CASE("a batch keeps the rows that were not dropped, however many were") {
    for (const std::uint32_t step : {1U, 7U, 100U, 511U, 512U}) {
        CAPTURE(step);
        ColumnBatch batch(RowTableId::failed_ids);
        std::uint64_t next = 0;
        std::uint64_t first = 0;
        bool all_right = true;
        for (int round = 0; round < 50; ++round) {
            while (!batch.full()) batch.add(make_u128(next + 1, next)), ++next;
            const auto columns = batch.columns();
            REQUIRE(columns.size() == 2);
            for (std::uint32_t row = 0; row < batch.size(); ++row) {
                all_right = all_right && columns[0][row] == first + row &&
                            columns[1][row] == first + row + 1;
            }
            batch.drop(step);
            first += step;
        }
        CHECK(all_right);
        CHECK(batch.size() == next - first);
    }
}

// A page with one row of these values.
struct OneRow {
    std::vector<std::byte> bytes = std::vector<std::byte>(page_size);
    std::optional<ColumnPage> page;

    explicit OneRow(const std::vector<std::uint64_t>& values) {
        std::vector<std::span<const std::uint64_t>> columns;
        for (const std::uint64_t& value : values) columns.push_back(std::span(&value, 1));
        forest::encode_columns({.segment = 4, .number = 0}, columns, bytes);
        page = *ColumnPage::open({.segment = 4, .number = 0},
                                 static_cast<std::uint32_t>(values.size()), bytes);
    }
};

TEST_CASE("columns keep their numbers") {
    const AccountTable accounts = sample_accounts();
    std::vector<std::uint64_t> values(column_count(RowTableId::transfers));
    CHECK(values.size() == 35);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i + 1;
    const auto record = decode_transfer(*OneRow(values).page, 0, accounts);
    REQUIRE(record.has_value());
    const wire::Transfer expected{.id = make_u128(3, 2),
                                  .debit_account_id = accounts.account(AccountRow{4}).id,
                                  .credit_account_id = accounts.account(AccountRow{5}).id,
                                  .amount = make_u128(7, 6),
                                  .pending_id = make_u128(9, 8),
                                  .user_data_128 = make_u128(11, 10),
                                  .user_data_64 = 12,
                                  .user_data_32 = 13,
                                  .timeout = 14,
                                  .ledger = 15,
                                  .code = 16,
                                  .flags = 17,
                                  .timestamp = 1};
    CHECK(record->transfer == expected);
    CHECK(record->debit == AccountSnapshot{AccountRow{4}, 18, make_u128(21, 20), make_u128(23, 22),
                                           make_u128(25, 24), make_u128(27, 26)});
    CHECK(record->credit == AccountSnapshot{AccountRow{5}, 19, make_u128(29, 28), make_u128(31, 30),
                                            make_u128(33, 32), make_u128(35, 34)});

    values.resize(column_count(RowTableId::expiries));
    CHECK(values.size() == 22);
    const auto expiry = decode_expiry(*OneRow(values).page, 0, accounts);
    REQUIRE(expiry.has_value());
    CHECK(expiry->timestamp == 1);
    CHECK(expiry->transfer == TransferRow{2});
    CHECK(expiry->debit == AccountSnapshot{AccountRow{3}, 5, make_u128(8, 7), make_u128(10, 9),
                                           make_u128(12, 11), make_u128(14, 13)});
    CHECK(expiry->credit == AccountSnapshot{AccountRow{4}, 6, make_u128(16, 15), make_u128(18, 17),
                                            make_u128(20, 19), make_u128(22, 21)});
}

TEST_CASE("unknown accounts and numbers that are too large for their field are refused") {
    const AccountTable accounts = sample_accounts();

    struct Row {
        RowTableId table;
        std::size_t column;
        std::uint64_t largest;
    };

    constexpr std::uint64_t max_32 = UINT32_MAX;
    constexpr std::uint64_t max_16 = UINT16_MAX;
    const Row rows[] = {
        {RowTableId::transfers, 3, account_count - 1},
        {RowTableId::transfers, 4, account_count - 1},
        {RowTableId::transfers, 12, max_32},
        {RowTableId::transfers, 13, max_32},
        {RowTableId::transfers, 14, max_32},
        {RowTableId::transfers, 15, max_16},
        {RowTableId::transfers, 16, max_16},
        {RowTableId::transfers, 17, max_16},
        {RowTableId::transfers, 18, max_16},
        {RowTableId::expiries, 1, max_32},
        {RowTableId::expiries, 2, account_count - 1},
        {RowTableId::expiries, 3, account_count - 1},
        {RowTableId::expiries, 4, max_16},
        {RowTableId::expiries, 5, max_16},
    };
    for (const Row& row : rows) {
        CAPTURE(row.column);
        for (const std::uint64_t value : {row.largest, row.largest + 1, max_32 + 2}) {
            std::vector<std::uint64_t> values(column_count(row.table));
            values[row.column] = value;
            const OneRow one(values);
            const bool accepted = row.table == RowTableId::transfers
                                      ? decode_transfer(*one.page, 0, accounts).has_value()
                                      : decode_expiry(*one.page, 0, accounts).has_value();
            CHECK(accepted == (value <= row.largest));
        }
    }
}

}  // namespace
}  // namespace elytra::engine
