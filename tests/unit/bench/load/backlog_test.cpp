#include "bench/load/backlog.hpp"

#include <doctest/doctest.h>

#include "bench/load/traffic_recorder.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;
constexpr std::uint64_t millisecond = nanoseconds_per_millisecond;

MixOptions queries_among(std::uint32_t share) {
    MixOptions mix;
    mix.share(UnitKind::plain) = 1000 - share;
    mix.share(UnitKind::query) = share;
    return mix;
}

// An event each millisecond from the instant 0 on, or as `mix` says.
struct World {
    explicit World(const BacklogOptions& options, const MixOptions& mix = {})
        : stream({.workload = {.account_count = 10}, .mix = mix}),
          timeline(second),
          recorder({.batch_max = options.batch_max}, timeline),
          backlog(options, stream,
                  Arrivals({.model = ArrivalModel::open,
                            .think_nanoseconds = 0,
                            .process = ArrivalProcess::constant,
                            .stretches = {{1000, 1000, second}}},
                           1, {})) {}

    // The batch that a session which is free from `now` on would take, and when it would.
    Batch take_at(Instant now) {
        backlog.arrive({now.nanoseconds + 1}, recorder);
        Batch batch;
        backlog.take(batch);
        return batch;
    }

    const TrafficCounts& counts() const { return recorder.counts(TrafficPhase::warm_up); }

    MixedStream stream;
    TrafficTimeline timeline;
    TrafficRecorder recorder;
    Backlog backlog;
};

}  // namespace

TEST_CASE("without linger a batch is ready on the arrival of its first event") {
    World world({.batch_max = 10, .linger_nanoseconds = 0, .events_max = 100, .start = {}});
    CHECK(world.backlog.empty());
    CHECK(*world.backlog.ready_at() == Instant{0});
    CHECK(world.take_at({0}).events == 1);
    CHECK(*world.backlog.ready_at() == Instant{1 * millisecond});
    CHECK(world.take_at({1 * millisecond}).events == 1);
}

TEST_CASE("a batch that is not full is ready when its first event has lingered") {
    World world(
        {.batch_max = 100, .linger_nanoseconds = 5 * millisecond, .events_max = 1000, .start = {}});
    CHECK(*world.backlog.ready_at() == Instant{5 * millisecond});
    const Batch batch = world.take_at({5 * millisecond});
    CHECK(batch.events == 6);  // those of 0 to 5 ms
    CHECK(batch.ready == Instant{5 * millisecond});
    CHECK(*world.backlog.ready_at() == Instant{11 * millisecond});
}

TEST_CASE("a batch is ready as soon as it is full, which is known in advance") {
    World world(
        {.batch_max = 4, .linger_nanoseconds = 50 * millisecond, .events_max = 100, .start = {}});
    CHECK(*world.backlog.ready_at() == Instant{3 * millisecond});
    const Batch batch = world.take_at({3 * millisecond});
    CHECK(batch.events == 4);
    CHECK(batch.ready == Instant{3 * millisecond});
    CHECK(batch.units.front().intended == Instant{0});
    CHECK(*world.backlog.ready_at() == Instant{7 * millisecond});
}

TEST_CASE("a batch goes on filling while no session is free, and keeps the time it was ready") {
    World world(
        {.batch_max = 10, .linger_nanoseconds = 2 * millisecond, .events_max = 100, .start = {}});
    const Batch linger = world.take_at({6 * millisecond});
    CHECK(linger.events == 7);
    CHECK(linger.ready == Instant{2 * millisecond});
    const Batch full = world.take_at({40 * millisecond});
    CHECK(full.events == 10);
    CHECK(full.ready == Instant{9 * millisecond});  // had lingered before it was full
    CHECK(world.take_at({40 * millisecond}).units.front().index == 17);
}

TEST_CASE("an arrival that finds the backlog full is dropped with the wait of the oldest") {
    World world({.batch_max = 4, .linger_nanoseconds = 0, .events_max = 6, .start = {}});
    world.backlog.arrive({10 * millisecond}, world.recorder);
    CHECK(world.counts().offered == 10);
    CHECK(world.counts().dropped == 4);
    const TrafficLatency& latency = world.recorder.latency(TrafficPhase::warm_up);
    CHECK(latency.event.count() == 4);
    CHECK(latency.event.min() == 6'000);
    CHECK(latency.event.max() == 9'000);
    Batch first;
    world.backlog.take(first);
    CHECK(first.units.back().index == 3);
    CHECK(world.take_at({10 * millisecond}).units.back().index == 10);  // 6 to 9 are gone
}

TEST_CASE("a query is ready at once and goes alone") {
    World world({.batch_max = 1000, .linger_nanoseconds = second, .events_max = 1000, .start = {}},
                queries_among(100));
    std::uint64_t query = 0;
    while (world.stream.kind(query) != UnitKind::query) ++query;
    const Instant arrival{query * millisecond};
    CHECK(*world.backlog.ready_at() == arrival);
    const Batch batch = world.take_at(arrival);
    CHECK(batch.is_query());
    CHECK(batch.events == 1);
    CHECK(batch.units.front().index == query);
    CHECK(batch.ready == arrival);
}

TEST_CASE("of a query and a batch that are both ready, the one that became so first goes first") {
    World world({.batch_max = 1000, .linger_nanoseconds = 0, .events_max = 1000, .start = {}},
                queries_among(100));
    world.backlog.arrive({100 * millisecond}, world.recorder);
    Batch first;
    world.backlog.take(first);
    CHECK(first.is_query() == (world.stream.kind(0) == UnitKind::query));
    CHECK(first.units.front().index == 0);
}

TEST_CASE("after the end nothing arrives, and what waits is ready without lingering") {
    World world({.batch_max = 100, .linger_nanoseconds = second, .events_max = 100, .start = {}});
    const Instant end{3 * millisecond};
    world.backlog.arrive(end, world.recorder);
    CHECK(*world.backlog.ready_at() > end);
    world.backlog.over(end);
    CHECK(*world.backlog.ready_at() == end);
    Batch batch;
    world.backlog.take(batch);
    CHECK(batch.events == 3);
    CHECK(world.backlog.empty());
    CHECK_FALSE(world.backlog.ready_at().has_value());
}

TEST_CASE("what is given up counts as dropped with the time it waited") {
    World world({.batch_max = 2, .linger_nanoseconds = second, .events_max = 100, .start = {}});
    world.backlog.arrive({5 * millisecond}, world.recorder);
    world.backlog.over({5 * millisecond});
    world.backlog.drop({25 * millisecond}, world.recorder);
    CHECK(world.backlog.empty());
    CHECK(world.counts().offered == 5);
    CHECK(world.counts().dropped == 5);
    world.recorder.finish({25 * millisecond});
    const TrafficLatency& latency = world.recorder.latency(TrafficPhase::warm_up);
    CHECK(latency.event.max() == 25'000);
    CHECK(latency.event.min() == 21'000);
    CHECK(latency.batch.count() == 3);  // as if sent in batches of two
}

TEST_CASE("units of several events come at the rate of events and are never split") {
    MixOptions mix;
    mix.shares = {0, 1000, 0, 0, 0};
    World world({.batch_max = 10, .linger_nanoseconds = second, .events_max = 100'000, .start = {}},
                mix);
    world.backlog.arrive({10 * second}, world.recorder);
    CHECK(world.counts().offered >= 10'000);
    CHECK(world.counts().offered < 10'000 + MixedStream::unit_events_max);
    while (!world.backlog.empty()) {
        Batch batch;
        world.backlog.take(batch);
        CHECK(batch.events <= 10);
        CHECK(batch.events > 10 - MixedStream::unit_events_max);
    }
}

TEST_CASE("another schedule takes over: what waits stays, and no unit is left out or drawn twice") {
    World world(
        {.batch_max = 4, .linger_nanoseconds = 20 * millisecond, .events_max = 100, .start = {}});
    const Instant change{10 * millisecond};
    CHECK(world.take_at({3 * millisecond}).units.back().index == 3);
    world.backlog.arrive(change, world.recorder);
    world.backlog.ready_at();  // which looks ahead
    world.backlog.go_on(change,
                        Arrivals({.model = ArrivalModel::open,
                                  .think_nanoseconds = 0,
                                  .process = ArrivalProcess::constant,
                                  .stretches = {{100, 100, second}}},
                                 1, {.index = 0, .count = 1, .step = 1}),
                        world.recorder);
    // Units 4 to 9 had waited since 4 ms to 9 ms; the batch of four and that of two are counted
    // with the wait of their first.
    const TrafficLatency& latency = world.recorder.latency(TrafficPhase::warm_up);
    CHECK(latency.event.count() == 6);
    CHECK(latency.event.max() / 100 == 60);  // 6 ms
    CHECK(latency.batch.count() == 2);
    CHECK(world.backlog.waiting_events() == 6);
    const Batch first = world.take_at(change);
    CHECK(first.units.front().index == 4);
    CHECK(first.units.front().intended == Instant{4 * millisecond});
    const Batch second_batch = world.take_at({30 * millisecond});
    REQUIRE(second_batch.units.size() == 4);
    CHECK(second_batch.units[1].index == 9);
    CHECK(second_batch.units[2].index == 10);
    CHECK(second_batch.units[2].intended == change);
    CHECK(second_batch.units[3].intended == Instant{20 * millisecond});
}
