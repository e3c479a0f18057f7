#include "bench/load/traffic_timeline.hpp"

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

TEST_CASE("phases begin at the instants that were set, and not before") {
    TrafficTimeline timeline(10);
    timeline.begin({100});
    CHECK(timeline.phase_at({1'000'000}) == TrafficPhase::warm_up);
    timeline.begin_measurement({150});
    timeline.end({203});

    const struct {
        std::uint64_t at;
        TrafficPhase phase;
    } rows[] = {{100, TrafficPhase::warm_up},     {149, TrafficPhase::warm_up},
                {150, TrafficPhase::measurement}, {202, TrafficPhase::measurement},
                {203, TrafficPhase::drain},       {999, TrafficPhase::drain}};

    for (const auto& row : rows) {
        CAPTURE(row.at);
        CHECK(timeline.phase_at({row.at}) == row.phase);
    }
}

TEST_CASE("intervals are of equal length from the start, and from the end anew") {
    TrafficTimeline timeline(10);
    timeline.begin({100});
    CHECK(timeline.boundary_after({100}) == Instant{110});
    CHECK(timeline.boundary_after({109}) == Instant{110});
    CHECK(timeline.boundary_after({110}) == Instant{120});
    timeline.end({203});
    CHECK(timeline.boundary_after({190}) == Instant{200});
    CHECK(timeline.boundary_after({200}) == Instant{203});
    CHECK(timeline.boundary_after({203}) == Instant{213});
    CHECK(timeline.boundary_after({213}) == Instant{223});
}

TEST_CASE("a traffic may end before it was measured") {
    TrafficTimeline timeline(10);
    timeline.begin({100});
    timeline.begin_measurement({150});
    timeline.end({130});
    CHECK(timeline.phase_at({129}) == TrafficPhase::warm_up);
    CHECK(timeline.phase_at({151}) == TrafficPhase::drain);
}

TEST_CASE("a step ends where the next one begins") {
    TrafficTimeline timeline(10);
    timeline.begin({100});
    TrafficTimeline next(10, {.model = ArrivalModel::open, .stretches = {{5, 5, 1'000'000}}}, 1);
    next.begin(timeline.boundary_after({133}));
    CHECK(timeline.next() == nullptr);
    timeline.go_on_with(next);
    CHECK(timeline.next() == &next);
    CHECK(timeline.end() == Instant{140});
    CHECK(next.start() == Instant{140});
    CHECK(next.phase_at({140}) == TrafficPhase::warm_up);
    CHECK(next.step() == 1);
    CHECK(next.arrival().stretches.size() == 1);
}
