#include "bench/load/traffic_recorder.hpp"

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

constexpr std::uint64_t millisecond = nanoseconds_per_millisecond;

Instant at(std::uint64_t milliseconds) { return {milliseconds * millisecond}; }

Batch batch_of(std::vector<std::uint64_t> intended, UnitKind kind = UnitKind::plain) {
    Batch batch;
    for (const std::uint64_t milliseconds : intended) {
        batch.add({.index = 0, .intended = at(milliseconds), .events = 1, .kind = kind});
    }
    batch.ready = batch.units.back().intended;
    return batch;
}

constexpr RecorderOptions recorder_options{.batch_max = 4, .late_nanoseconds = 10 * millisecond};

struct World {
    World() : timeline(10 * millisecond), recorder(recorder_options, timeline) {}

    TrafficTimeline timeline;  // from the instant 0 on
    TrafficRecorder recorder;
};

}  // namespace

TEST_CASE("the response of a batch is split into fill, queue and service without a rest") {
    World world;
    Batch batch = batch_of({1, 2, 4});
    batch.ready = at(5);
    world.recorder.on_sent(batch, at(7));
    world.recorder.on_answer(batch, {.sent = at(7), .answered = at(15), .accepted = 3});
    const TrafficLatency& latency = world.recorder.latency(TrafficPhase::warm_up);
    CHECK(latency.fill.max() == 4'000);
    CHECK(latency.queue.max() == 2'000);
    CHECK(latency.service.max() == 8'000);
    CHECK(latency.batch.max() == 14'000);
    CHECK(latency.lag.max() == 3'000);
    CHECK(latency.event.count() == 3);
    CHECK(latency.event.min() == 11'000);
    CHECK(latency.event.max() == 14'000);
    CHECK(latency.query.count() == 0);
}

TEST_CASE("a query counts as an event and has a latency of its own") {
    World world;
    const Batch query = batch_of({1}, UnitKind::query);
    world.recorder.on_sent(query, at(2));
    world.recorder.on_answer(query, {.sent = at(2), .answered = at(4), .accepted = 1});
    const TrafficLatency& latency = world.recorder.latency(TrafficPhase::warm_up);
    CHECK(latency.query.max() == 3'000);
    CHECK(latency.event.count() == 1);
    CHECK(latency.batch.count() == 0);
    CHECK(latency.service.count() == 0);
}

TEST_CASE("latencies belong to the phase of the intended time, answers to that of their arrival") {
    World world;
    world.timeline.begin_measurement(at(20));
    world.timeline.end(at(40));
    const Batch straddling = batch_of({18, 19, 20, 21});
    world.recorder.on_offered(at(18), 2);
    world.recorder.on_offered(at(20), 2);
    world.recorder.on_sent(straddling, at(35));
    world.recorder.on_answer(straddling, {.sent = at(35), .answered = at(41), .accepted = 4});
    const TrafficCounts& warm_up = world.recorder.counts(TrafficPhase::warm_up);
    const TrafficCounts& measurement = world.recorder.counts(TrafficPhase::measurement);
    const TrafficCounts& drain = world.recorder.counts(TrafficPhase::drain);
    CHECK(warm_up == TrafficCounts{.offered = 2, .sent = 2, .late = 2});
    CHECK(measurement == TrafficCounts{.offered = 2, .sent = 2, .late = 2});
    CHECK(drain == TrafficCounts{.answered = 4, .accepted = 4, .requests = 1});
    CHECK(world.recorder.latency(TrafficPhase::warm_up).event.count() == 2);
    CHECK(world.recorder.latency(TrafficPhase::warm_up).batch.count() == 1);
    CHECK(world.recorder.latency(TrafficPhase::measurement).event.count() == 2);
    CHECK(world.recorder.latency(TrafficPhase::measurement).batch.count() == 0);
}

TEST_CASE("an event is late from the first nanosecond beyond its time on") {
    World world;
    const Batch batch = batch_of({5});
    world.recorder.on_sent(batch, at(15));
    CHECK(world.recorder.counts(TrafficPhase::warm_up).late == 0);
    world.recorder.on_sent(batch, {at(15).nanoseconds + 1});
    CHECK(world.recorder.counts(TrafficPhase::warm_up).late == 1);
}

TEST_CASE("a request that is given up counts with what it has waited") {
    World world;
    const Batch batch = batch_of({1, 3});
    world.recorder.on_sent(batch, at(3));
    world.recorder.on_unanswered(batch, at(901));
    const TrafficLatency& latency = world.recorder.latency(TrafficPhase::warm_up);
    CHECK(latency.event.count() == 2);
    CHECK(latency.event.max() == 900'000);
    CHECK(latency.batch.max() == 900'000);
    CHECK(latency.service.count() == 0);
    CHECK(world.recorder.counts(TrafficPhase::warm_up).answered == 0);
}

TEST_CASE("every interval is reported once, empty ones too, cut at the end of the arrivals") {
    World world;
    world.timeline.begin_measurement(at(20));
    world.recorder.advance(at(9));
    CHECK(world.recorder.take_intervals().empty());
    world.recorder.on_offered(at(9), 5);
    world.timeline.end(at(33));
    world.recorder.advance(at(35));
    world.recorder.on_answer(batch_of({30}), {.sent = at(31), .answered = at(35), .accepted = 1});
    world.recorder.finish(at(37));
    const std::vector<TrafficInterval> intervals = world.recorder.take_intervals();

    const struct {
        std::uint64_t start;
        std::uint64_t length;
        TrafficPhase phase;
        std::uint64_t offered;
        std::uint64_t answered;
    } rows[] = {{0, 10, TrafficPhase::warm_up, 5, 0},
                {10, 10, TrafficPhase::warm_up, 0, 0},
                {20, 10, TrafficPhase::measurement, 0, 0},
                {30, 3, TrafficPhase::measurement, 0, 0},
                {33, 4, TrafficPhase::drain, 0, 1}};

    REQUIRE(intervals.size() == std::size(rows));
    for (std::size_t index = 0; index < intervals.size(); ++index) {
        CAPTURE(index);
        CHECK(intervals[index].start_nanoseconds == rows[index].start * millisecond);
        CHECK(intervals[index].nanoseconds == rows[index].length * millisecond);
        CHECK(intervals[index].phase == rows[index].phase);
        CHECK(intervals[index].counts.offered == rows[index].offered);
        CHECK(intervals[index].counts.answered == rows[index].answered);
    }
    CHECK(intervals.back().batch.count() == 1);
    CHECK(world.recorder.take_intervals().empty());
}

TEST_CASE("the merged histograms of recorders are that of one which saw all samples") {
    World together;
    std::array<World, 3> apart;
    Prng prng(7);
    for (std::uint64_t sample = 0; sample < 3000; ++sample) {
        Batch batch = batch_of({prng.below(50), 50 + prng.below(50)});
        batch.ready = at(60 + prng.below(50));
        const Instant sent = at(110 + prng.below(50));
        const TrafficRecorder::Answer answer{
            .sent = sent, .answered = at(160 + prng.below(100'000)), .accepted = 2};
        together.recorder.on_sent(batch, sent);
        together.recorder.on_answer(batch, answer);
        TrafficRecorder& part = apart[sample % 3].recorder;
        part.on_sent(batch, sent);
        part.on_answer(batch, answer);
    }
    TrafficLatency merged;
    TrafficCounts counts;
    for (const World& world : apart) {
        merged.merge(world.recorder.latency(TrafficPhase::warm_up));
        counts.add(world.recorder.counts(TrafficPhase::warm_up));
    }
    const TrafficLatency& all = together.recorder.latency(TrafficPhase::warm_up);
    CHECK(merged.event == all.event);
    CHECK(merged.batch == all.batch);
    CHECK(merged.fill == all.fill);
    CHECK(merged.queue == all.queue);
    CHECK(merged.service == all.service);
    CHECK(merged.lag == all.lag);
    CHECK(counts == together.recorder.counts(TrafficPhase::warm_up));
}
