#include "bench/load/interval_merger.hpp"

#include <doctest/doctest.h>

using namespace elytra::bench;

namespace {

TrafficInterval interval(std::uint64_t start, std::uint64_t nanoseconds, std::uint64_t sent) {
    TrafficInterval made;
    made.start_nanoseconds = start;
    made.nanoseconds = nanoseconds;
    made.counts.sent = sent;
    made.batch.record_microseconds(sent);
    return made;
}

}  // namespace

TEST_CASE("an interval is complete when the last thread has given its own") {
    IntervalMerger merger(2);
    merger.add(0, interval(0, 10, 1));
    merger.add(0, interval(10, 10, 2));
    CHECK(merger.take_complete().empty());
    merger.add(1, interval(0, 10, 40));
    const std::vector<TrafficInterval> first = merger.take_complete();
    REQUIRE(first.size() == 1);
    CHECK(first[0].start_nanoseconds == 0);
    CHECK(first[0].counts.sent == 41);
    CHECK(first[0].batch.count() == 2);
    merger.add(1, interval(10, 10, 50));
    const std::vector<TrafficInterval> second = merger.take_complete();
    REQUIRE(second.size() == 1);
    CHECK(second[0].counts.sent == 52);
    CHECK(merger.take_complete().empty());
}

TEST_CASE("a thread that has finished is not waited for, and the longest last interval counts") {
    IntervalMerger merger(2);
    merger.add(0, interval(0, 3, 1));
    merger.finish(0);
    merger.add(1, interval(0, 10, 2));
    merger.add(1, interval(10, 4, 3));
    merger.finish(1);
    const std::vector<TrafficInterval> all = merger.take_complete();
    REQUIRE(all.size() == 2);
    CHECK(all[0].nanoseconds == 10);
    CHECK(all[0].counts.sent == 3);
    CHECK(all[1].nanoseconds == 4);
    CHECK(all[1].counts.sent == 3);
}
