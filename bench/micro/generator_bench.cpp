#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/load/arrivals.hpp"
#include "bench/load/batch.hpp"
#include "bench/load/closed_supply.hpp"
#include "bench/load/traffic_request.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/common/time.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"

// What it costs to make a full request: units drawn, transfers written into the message, body
// completed, checksum computed. 10 000 accounts.
namespace elytra::bench {
namespace {

constexpr std::uint32_t batch_max = 8189;

void report(benchmark::State& state, std::uint64_t events) {
    const auto count = static_cast<double>(events);
    state.counters["events/s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
    state.counters["s/event"] =
        benchmark::Counter(count, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void make_requests(benchmark::State& state, const MixOptions& mix, Audited audited) {
    MixedStream::Options options;
    options.mix = mix;
    const MixedStream stream(options);
    ClosedSupply supply(stream, batch_max);
    wire::MessagePool pool(1, wire::message_size_max);
    TrafficRequest request;
    request.message = pool.acquire();
    std::uint64_t events = 0;
    for (auto _ : state) {
        request.batch.clear();
        supply.take(request.batch);
        write_request(stream, request, audited);
        benchmark::DoNotOptimize(request.message->frame().checksum_body);
        events += request.batch.events;
    }
    report(state, events);
}

void generate_plain(benchmark::State& state) { make_requests(state, {}, Audited::no); }

void generate_plain_audited(benchmark::State& state) { make_requests(state, {}, Audited::yes); }

void generate_mixed_audited(benchmark::State& state) {
    make_requests(state, {.shares = {400, 200, 200, 200, 0}}, Audited::yes);
}

void schedule_poisson(benchmark::State& state) {
    constexpr std::uint64_t rate = 1'000'000;
    ArrivalOptions options;
    options.stretches = {
        {.rate_begin = rate, .rate_end = rate, .nanoseconds = nanoseconds_per_second}};
    Arrivals arrivals(options, 1, {});
    std::uint64_t events = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(arrivals.next());
        ++events;
    }
    report(state, events);
}

BENCHMARK(generate_plain)->Unit(benchmark::kMillisecond);
BENCHMARK(generate_plain_audited)->Unit(benchmark::kMillisecond);
BENCHMARK(generate_mixed_audited)->Unit(benchmark::kMillisecond);
BENCHMARK(schedule_poisson);

}  // namespace
}  // namespace elytra::bench
