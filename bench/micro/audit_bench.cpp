#include <cstdint>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/audit/auditor.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/wire/objects.hpp"

// What it costs to make the events of a load and to judge the answers to them. 10 000 accounts,
// batches of 8189 events.
namespace elytra::bench {
namespace {

constexpr std::size_t batch_size = 8189;

MixedStream make_stream(const MixOptions& mix) {
    return MixedStream({.workload = {.id_base = WallTime{1'700'000'000'000'000'000}}, .mix = mix});
}

constexpr MixOptions plain_alone;
constexpr MixOptions mixed{.shares = {700, 100, 100, 100, 0}};

struct Batch {
    std::vector<wire::Transfer> events = std::vector<wire::Transfer>(batch_size);
    std::vector<ExpectedEvent> expected = std::vector<ExpectedEvent>(batch_size);
    std::uint64_t unit_next = 0;

    // As many units as fit; the number of their events.
    std::size_t fill(const MixedStream& stream) {
        std::size_t count = 0;
        while (count + stream.event_count(unit_next) <= batch_size) {
            count += stream.write(unit_next, std::span(events).subspan(count),
                                  std::span(expected).subspan(count));
            ++unit_next;
        }
        return count;
    }
};

void report(benchmark::State& state, std::size_t events) {
    state.counters["s/event"] = benchmark::Counter(
        static_cast<double>(events), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void make_events(benchmark::State& state, const MixOptions& mix) {
    const MixedStream stream = make_stream(mix);
    Batch batch;
    std::size_t events = 0;
    for (auto _ : state) {
        events += batch.fill(stream);
        benchmark::ClobberMemory();
    }
    report(state, events);
}

// Answers as a right ledger would give them.
void write_results(std::span<const ExpectedEvent> expected, std::uint64_t& timestamp,
                   std::vector<wire::CreateResult>& results) {
    results.clear();
    for (const ExpectedEvent& event : expected) {
        if (event.status != wire::CreateTransferStatus::exists) ++timestamp;
        results.push_back(
            {.timestamp = timestamp, .status = static_cast<std::uint32_t>(event.status)});
    }
}

void check_results(benchmark::State& state, const MixOptions& mix) {
    const MixedStream stream = make_stream(mix);
    Auditor auditor(stream.workload());
    SessionClock clock;
    Batch batch;
    std::vector<wire::CreateResult> results;
    std::uint64_t timestamp = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const std::span expected = std::span(batch.expected).first(batch.fill(stream));
        write_results(expected, timestamp, results);
        state.ResumeTiming();
        auditor.check_transfers(expected, std::as_bytes(std::span(results)), clock);
    }
    if (!auditor.findings().empty()) state.SkipWithError("the answers were found wrong");
    report(state, auditor.events_checked());
}

BENCHMARK_CAPTURE(make_events, plain, plain_alone)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(make_events, mixed, mixed)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(check_results, plain, plain_alone)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(check_results, mixed, mixed)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace elytra::bench
