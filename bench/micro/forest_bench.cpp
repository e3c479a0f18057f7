#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/forest/column_page.hpp"
#include "server/forest/filter.hpp"
#include "server/forest/pair.hpp"
#include "server/forest/pair_merge.hpp"
#include "server/forest/pair_page.hpp"
#include "server/forest/pair_run.hpp"
#include "server/wire/checksum.hpp"

// What it costs to store rows and index entries as pages, and to find them there. A generation has
// 131,072 rows; their keys are hashes of 40 bits, as of random ids.
namespace elytra::bench {
namespace {

using forest::BuiltChunk;
using forest::ColumnPage;
using forest::Filter;
using forest::Pair;
using forest::PairMerger;
using forest::PairPage;
using forest::PairPageWriter;
using forest::PairRunWriter;

constexpr std::uint32_t page_size = limits_production().page_size;
constexpr std::uint32_t chunk_size = 1U << 20;
constexpr std::uint32_t pair_count = 131'072;
constexpr std::uint32_t key_shift = 24;

void report(benchmark::State& state, std::uint64_t items, const char* name) {
    state.counters[name] = benchmark::Counter(
        static_cast<double>(items), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::vector<Pair> random_pairs(std::uint32_t first_row, std::uint32_t shift) {
    Prng prng(first_row + 1);
    std::vector<Pair> pairs(pair_count);
    for (std::uint32_t i = 0; i < pair_count; ++i) {
        pairs[i] = {.key = prng.next() >> shift, .row = first_row + i};
    }
    return pairs;
}

std::vector<Pair> sorted_pairs(std::uint32_t first_row) {
    std::vector<Pair> pairs = random_pairs(first_row, key_shift);
    std::ranges::sort(pairs);
    return pairs;
}

// 35 columns like those of transfers: half of them constant, the others of all widths.
struct Rows {
    static constexpr std::array<std::uint32_t, 17> widths = {4, 8, 8, 2, 2, 3, 8, 8, 8,
                                                             4, 2, 3, 3, 3, 3, 5, 6};

    std::vector<std::vector<std::uint64_t>> columns;

    Rows() {
        Prng prng(1);
        for (const std::uint32_t width : widths) {
            std::vector<std::uint64_t> column(pair_count);
            for (std::uint64_t& value : column) value = prng.next() >> (64 - 8 * width);
            columns.push_back(std::move(column));
        }
        columns.resize(35, std::vector<std::uint64_t>(pair_count, 0));
    }

    std::vector<std::span<const std::uint64_t>> staged(std::size_t first) const {
        std::vector<std::span<const std::uint64_t>> spans;
        for (const auto& column : columns) {
            spans.push_back(
                std::span(column).subspan(first, std::min<std::size_t>(512, pair_count - first)));
        }
        return spans;
    }
};

void encode_rows(benchmark::State& state) {
    const Rows rows;
    std::vector<std::byte> page(page_size);
    std::uint64_t encoded = 0;
    for (auto _ : state) {
        // The first rows again and again, as they come out of a cache.
        const auto staged = rows.staged(encoded % 512);
        encoded += forest::encode_columns({}, staged, page);
        benchmark::DoNotOptimize(wire::checksum(page));
    }
    report(state, encoded, "s/row");
}

void read_rows(benchmark::State& state) {
    const Rows rows;
    std::vector<std::byte> page(page_size);
    forest::encode_columns({}, rows.staged(0), page);
    std::uint64_t read = 0;
    for (auto _ : state) {
        const auto opened = ColumnPage::open({}, 35, page);
        std::uint64_t sum = 0;
        for (std::uint32_t row = 0; row < opened->row_count(); ++row) {
            for (std::uint32_t column = 0; column < 35; ++column) {
                sum += opened->value(column, row);
            }
        }
        benchmark::DoNotOptimize(sum);
        read += opened->row_count();
    }
    report(state, read, "s/row");
}

void open_rows(benchmark::State& state) {
    const Rows rows;
    std::vector<std::byte> page(page_size);
    forest::encode_columns({}, rows.staged(0), page);
    for (auto _ : state) {
        const auto opened = ColumnPage::open({}, 35, page);
        benchmark::DoNotOptimize(opened->value(3, 7));
    }
    report(state, static_cast<std::uint64_t>(state.iterations()), "s/page");
}

// The argument is the number of bits of a key.
void sort_pairs(benchmark::State& state) {
    const auto shift = static_cast<std::uint32_t>(64 - state.range(0));
    const std::vector<Pair> unsorted = random_pairs(0, shift);
    std::vector<Pair> pairs;
    std::vector<Pair> scratch(pair_count);
    std::uint64_t sorted = 0;
    for (auto _ : state) {
        state.PauseTiming();
        pairs = unsorted;
        state.ResumeTiming();
        forest::sort_by_key(pairs, scratch);
        sorted += pair_count;
    }
    ELYTRA_ASSERT(std::ranges::is_sorted(pairs));
    report(state, sorted, "s/pair");
}

void build_run(benchmark::State& state) {
    const std::vector<Pair> pairs = sorted_pairs(0);
    std::uint64_t built = 0;
    for (auto _ : state) {
        PairRunWriter writer({.segment = 1, .page_size = page_size, .chunk_size = chunk_size});
        writer.add(pairs);
        writer.finish();
        built += writer.pair_count();
    }
    report(state, built, "s/pair");
}

std::vector<std::byte> run_of(std::uint32_t segment, std::span<const Pair> pairs) {
    PairRunWriter writer({.segment = segment, .page_size = page_size, .chunk_size = chunk_size});
    for (const Pair& pair : pairs) writer.add(pair);
    writer.finish();
    std::vector<std::byte> pages;
    while (writer.has_chunk()) {
        const BuiltChunk chunk = writer.take_chunk();
        const auto bytes = chunk.buffer.bytes().first(chunk.size);
        pages.insert(pages.end(), bytes.begin(), bytes.end());
    }
    return pages;
}

// The argument is the number of inputs.
void merge_runs(benchmark::State& state) {
    const auto input_count = static_cast<std::uint32_t>(state.range(0));
    std::vector<std::vector<std::byte>> inputs;
    std::vector<std::uint32_t> page_counts;
    for (std::uint32_t i = 0; i < input_count; ++i) {
        inputs.push_back(run_of(i, sorted_pairs(i * pair_count)));
        page_counts.push_back(static_cast<std::uint32_t>(inputs.back().size() / page_size));
    }
    std::uint64_t merged = 0;
    for (auto _ : state) {
        PairMerger merger(page_counts, page_size);
        PairRunWriter writer({.segment = 99, .page_size = page_size, .chunk_size = chunk_size});
        for (std::uint32_t i = 0; i < input_count; ++i) {
            ELYTRA_ASSERT(merger.feed(i, i, inputs[i]).has_value());
        }
        while (!merger.done()) {
            ELYTRA_ASSERT(merger.advance(writer).has_value());
            while (writer.has_chunk()) benchmark::DoNotOptimize(writer.take_chunk());
        }
        writer.finish();
        merged += writer.pair_count();
    }
    report(state, merged, "s/pair");
}

std::vector<std::byte> page_of_pairs(std::uint32_t& count) {
    PairPageWriter writer(page_size);
    count = 0;
    for (const Pair& pair : sorted_pairs(0)) {
        if (!writer.add(pair)) break;
        ++count;
    }
    std::vector<std::byte> page(page_size);
    writer.finish({}, page);
    return page;
}

void find_pair(benchmark::State& state) {
    std::uint32_t count = 0;
    const std::vector<std::byte> page = page_of_pairs(count);
    const auto opened = PairPage::open({}, page);
    std::uint32_t index = 0;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        // The next one depends on the answer: latency, not throughput.
        index = (index + 7919 + static_cast<std::uint32_t>(sum & 1)) % count;
        sum += opened->lower_bound(opened->at(index));
    }
    benchmark::DoNotOptimize(sum);
    report(state, static_cast<std::uint64_t>(state.iterations()), "s/pair");
}

void open_pairs(benchmark::State& state) {
    std::uint32_t count = 0;
    const std::vector<std::byte> page = page_of_pairs(count);
    for (auto _ : state) {
        const auto opened = PairPage::open({}, page);
        benchmark::DoNotOptimize(opened->at(7));
    }
    report(state, static_cast<std::uint64_t>(state.iterations()), "s/page");
}

void filter_insert(benchmark::State& state) {
    Filter filter(pair_count);
    std::uint64_t inserted = 0;
    for (auto _ : state) filter.insert(forest::hash_of(inserted++));
    benchmark::DoNotOptimize(filter.bytes().data());
    report(state, inserted, "s/entry");
}

void filter_probe(benchmark::State& state) {
    Filter filter(pair_count);
    for (std::uint64_t i = 0; i < pair_count; ++i) filter.insert(forest::hash_of(i));
    std::uint64_t probes = 0;
    std::uint64_t found = 0;
    for (auto _ : state) found += filter.may_contain(forest::hash_of(probes++)) ? 1U : 0U;
    benchmark::DoNotOptimize(found);
    report(state, probes, "s/entry");
}

BENCHMARK(encode_rows);
BENCHMARK(read_rows);
BENCHMARK(open_rows);
BENCHMARK(sort_pairs)->Arg(14)->Arg(32)->Arg(40)->Arg(64)->Unit(benchmark::kMillisecond);
BENCHMARK(build_run)->Unit(benchmark::kMillisecond);
BENCHMARK(merge_runs)->Arg(2)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);
BENCHMARK(find_pair);
BENCHMARK(open_pairs);
BENCHMARK(filter_insert);
BENCHMARK(filter_probe);

}  // namespace
}  // namespace elytra::bench
