#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/account_table.hpp"
#include "server/engine/generation.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/column_page.hpp"

// What a transfer costs in the engine's tables: its accounts while it is executed, its columns when
// its generation is flushed and when it is read again.
namespace elytra::bench {
namespace {

using engine::AccountTable;
using engine::ColumnBatch;
using engine::Generation;
using ledger::AccountRow;
using ledger::TransferRow;

constexpr std::uint32_t rows = 1U << 16;
constexpr std::uint32_t page_size = limits_production().page_size;

// `items` are those of one iteration.
void report(benchmark::State& state, std::uint64_t items, const char* name) {
    const double all = static_cast<double>(items) * static_cast<double>(state.iterations());
    state.counters[name] =
        benchmark::Counter(all, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

u128 id_of(std::uint64_t row) { return row * 7 + 1; }

AccountTable make_accounts(std::uint64_t count) {
    AccountTable accounts(limits_production());
    for (std::uint64_t row = 0; row < count; ++row) {
        accounts.append({.id = id_of(row), .ledger = 1, .code = 1, .timestamp = row + 1});
    }
    return accounts;
}

std::vector<AccountRow> random_rows(std::uint64_t count) {
    Prng prng(1);
    std::vector<AccountRow> drawn(rows);
    for (AccountRow& row : drawn) row.value = static_cast<std::uint32_t>(prng.below(count));
    return drawn;
}

void update_accounts(benchmark::State& state) {
    const auto count = static_cast<std::uint64_t>(state.range(0));
    AccountTable accounts = make_accounts(count);
    const std::vector<AccountRow> drawn = random_rows(count);
    for (auto _ : state) {
        for (const AccountRow row : drawn) {
            wire::Account account = accounts.account(row);
            account.debits_posted += 5;
            accounts.update(row, account);
        }
    }
    report(state, rows, "update");
}

void find_accounts(benchmark::State& state) {
    const auto count = static_cast<std::uint64_t>(state.range(0));
    const AccountTable accounts = make_accounts(count);
    const std::vector<AccountRow> drawn = random_rows(count);
    std::uint32_t found = 0;
    for (auto _ : state) {
        for (const AccountRow row : drawn) found ^= accounts.find(id_of(row.value))->value;
    }
    benchmark::DoNotOptimize(found);
    report(state, rows, "find");
}

void cut_accounts(benchmark::State& state) {
    const auto count = static_cast<std::uint64_t>(state.range(0));
    AccountTable accounts = make_accounts(count);
    const std::vector<AccountRow> drawn = random_rows(count);
    accounts.cut(1);
    std::uint64_t cut = 1;
    for (auto _ : state) {
        state.PauseTiming();
        for (const AccountRow row : drawn) accounts.update(row, accounts.account(row));
        state.ResumeTiming();
        benchmark::DoNotOptimize(accounts.cut(++cut));
    }
}

void encode_account_changes(benchmark::State& state) {
    AccountTable accounts = make_accounts(rows);
    accounts.cut(1);
    for (std::uint32_t row = 0; row < rows; ++row) {
        wire::Account account = accounts.account(AccountRow{row});
        account.debits_posted = mix64(row) >> 24;
        accounts.update(AccountRow{row}, account);
    }
    const AccountTable::Cut cut = accounts.cut(limits_production().account_image_cuts - 1);
    for (auto _ : state) benchmark::DoNotOptimize(encode(cut.changes));
    report(state, cut.changes.size(), "change");
}

// A generation of transfers between 10 000 accounts, with random user data.
struct Rows {
    AccountTable accounts = make_accounts(10'000);
    Generation generation{limits_production()};

    Rows() {
        Prng prng(3);
        generation.start({});
        const std::vector<AccountRow> drawn = random_rows(accounts.count());
        for (std::uint32_t row = 0; row < rows; ++row) {
            const ledger::Parties parties{.debit = drawn[row], .credit = drawn[row ^ 1]};
            const wire::Account& debit = accounts.account(parties.debit);
            const wire::Account& credit = accounts.account(parties.credit);
            generation.append_transfer({.id = u128{row} + 1,
                                        .debit_account_id = debit.id,
                                        .credit_account_id = credit.id,
                                        .amount = prng.between(1, 10'000),
                                        .user_data_128 = prng.next_u128(),
                                        .user_data_64 = prng.next(),
                                        .ledger = 1,
                                        .code = 1,
                                        .timestamp = 1'000'000 + row},
                                       parties, debit, credit);
        }
    }
};

void collect_columns(benchmark::State& state) {
    const Rows made;
    ColumnBatch batch(engine::RowTableId::transfers);
    for (auto _ : state) {
        for (std::uint32_t row = 0; row < rows; ++row) {
            if (batch.full()) batch.drop(150);  // as many as fit in a page
            batch.add(made.generation.record(TransferRow{row}));
        }
    }
    report(state, rows, "row");
}

void decode_rows(benchmark::State& state) {
    const Rows made;
    ColumnBatch batch(engine::RowTableId::transfers);
    std::uint32_t next = 0;
    while (!batch.full()) batch.add(made.generation.record(TransferRow{next++}));
    std::vector<std::byte> bytes(page_size);
    const forest::PageName name{.segment = 4, .number = 0};
    forest::encode_columns(name, batch.columns(), bytes);
    const std::uint32_t columns = column_count(engine::RowTableId::transfers);
    const auto page = forest::ColumnPage::open(name, columns, bytes);
    ELYTRA_ASSERT(page.has_value());
    for (auto _ : state) {
        for (std::uint32_t row = 0; row < page->row_count(); ++row) {
            benchmark::DoNotOptimize(decode_transfer(*page, row, made.accounts));
        }
    }
    report(state, page->row_count(), "row");
}

BENCHMARK(update_accounts)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(find_accounts)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(cut_accounts)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(encode_account_changes);
BENCHMARK(collect_columns);
BENCHMARK(decode_rows);

}  // namespace
}  // namespace elytra::bench
