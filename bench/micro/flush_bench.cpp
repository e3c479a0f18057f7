#include <cstdint>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/generation.hpp"
#include "server/engine/index_job.hpp"
#include "server/engine/row_job.hpp"

// What the background core does for each transfer of a cut: its row, and its entry in each index.
// 10,000 accounts, random user data, 100 codes, one ledger.
namespace elytra::bench {
namespace {

using engine::Generation;
using engine::IndexId;
using engine::IndexJob;
using engine::RowJob;

constexpr std::uint32_t account_count = 10'000;

void fill(Generation& generation, std::uint32_t rows) {
    Prng prng(1);
    generation.start({});
    for (std::uint32_t row = 0; row < rows; ++row) {
        const ledger::AccountRow debit{static_cast<std::uint32_t>(prng.below(account_count))};
        const ledger::AccountRow credit{(debit.value + 1) % account_count};
        const wire::Transfer transfer{
            .id = row + 1,
            .debit_account_id = debit.value + 1,
            .credit_account_id = credit.value + 1,
            .amount = prng.below(10'000),
            .user_data_128 = prng.next_u128(),
            .user_data_64 = prng.next(),
            .user_data_32 = static_cast<std::uint32_t>(prng.next()),
            .ledger = 1,
            .code = static_cast<std::uint16_t>(prng.between(1, 100)),
            .timestamp = 1'000 + row,
        };
        const wire::Account side{.debits_posted = prng.below(1U << 20),
                                 .credits_posted = prng.below(1U << 20)};
        generation.append_transfer(transfer, {.debit = debit, .credit = credit}, side, side);
    }
}

void report(benchmark::State& state, std::uint64_t rows) {
    state.counters["s/row"] = benchmark::Counter(
        static_cast<double>(rows), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Gives the memory of its chunks back, as writing them does.
void encode_rows(benchmark::State& state) {
    const Limits limits = limits_production();
    Generation generation(limits);
    fill(generation, limits.cut_rows);
    RowJob job(limits);
    for (auto _ : state) {
        job.begin(generation, {});
        while (!job.done()) {
            job.run();
            RowJob::Made made = job.take();
            std::vector<SectorBuffer> memory;
            memory.push_back(std::move(made.rows.buffer));
            job.add_memory(std::move(memory));
        }
    }
    report(state, static_cast<std::uint64_t>(state.iterations()) * limits.cut_rows);
}

void build_run(benchmark::State& state) {
    const Limits limits = limits_production();
    Generation generation(limits);
    fill(generation, limits.cut_rows);
    IndexJob job(limits);
    for (auto _ : state) {
        job.begin(generation, static_cast<IndexId>(state.range(0)), 1);
        job.run();
        IndexJob::Made made = job.take();
        ELYTRA_ASSERT(made.run != nullptr);
        std::vector<SectorBuffer> memory;
        for (forest::BuiltChunk& chunk : made.pages) memory.push_back(std::move(chunk.buffer));
        job.add_memory(std::move(memory));
    }
    report(state, static_cast<std::uint64_t>(state.iterations()) * limits.cut_rows);
}

BENCHMARK(encode_rows);
BENCHMARK(build_run)
    ->Arg(static_cast<int>(IndexId::id))
    ->Arg(static_cast<int>(IndexId::debit))
    ->Arg(static_cast<int>(IndexId::credit))
    ->Arg(static_cast<int>(IndexId::user_data_128))
    ->Arg(static_cast<int>(IndexId::user_data_64))
    ->Arg(static_cast<int>(IndexId::user_data_32))
    ->Arg(static_cast<int>(IndexId::ledger))
    ->Arg(static_cast<int>(IndexId::code));

}  // namespace
}  // namespace elytra::bench
