#include "orchestrator/statistics/recovery.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

using namespace elytractl::statistics;
using elytra::bench::TrafficInterval;
using elytra::bench::TrafficPhase;

namespace {

constexpr std::uint64_t interval_nanoseconds = 250'000'000;

// What each interval of a quarter of a second answered of 100 offered events, and its latency.
struct Part {
    std::uint64_t answered;
    std::uint64_t microseconds;
};

std::vector<TrafficInterval> series_of(const std::vector<Part>& parts) {
    std::vector<TrafficInterval> series;
    for (const Part& part : parts) {
        TrafficInterval interval;
        interval.start_nanoseconds = series.size() * interval_nanoseconds;
        interval.nanoseconds = interval_nanoseconds;
        interval.counts.offered = 100;
        interval.counts.answered = part.answered;
        interval.batch.add(part.microseconds, part.answered);
        series.push_back(interval);
    }
    return series;
}

std::vector<TrafficInterval> after(std::size_t slow, Part part) {
    std::vector<Part> parts(slow, part);
    parts.insert(parts.end(), 8, Part{100, 1000});
    return series_of(parts);
}

}  // namespace

TEST_CASE("a load is normal again when its answers are as quick as they were") {
    CHECK(find_recovery(after(0, {}), 1000).nanoseconds == 0);
    // The backlog is served at more than the offered rate, and its waits are long.
    const Recovery recovery = find_recovery(after(3, {180, 90'000}), 1000);
    CHECK(recovery.nanoseconds == 3 * interval_nanoseconds);
    CHECK(recovery.sentence == "served normally again 0.75 s after the change of the rate");
}

TEST_CASE("answers that are quick but too few are not normal") {
    CHECK(find_recovery(after(2, {50, 1000}), 1000).nanoseconds == 2 * interval_nanoseconds);
}

TEST_CASE("twice the latency of the way up is the bound") {
    CHECK(find_recovery(after(2, {100, 1990}), 1000).nanoseconds == 0);
    CHECK(find_recovery(after(2, {100, 2100}), 1000).nanoseconds == 2 * interval_nanoseconds);
}

TEST_CASE("what is never normal says why") {
    const std::vector<Part> slow(20, Part{100, 80'000});
    const Recovery never = find_recovery(series_of(slow), 1000);
    CHECK_FALSE(never.nanoseconds.has_value());
    CHECK(never.sentence.find("p99 was 80.") != std::string::npos);
    CHECK_FALSE(find_recovery(after(0, {}), std::nullopt).nanoseconds.has_value());
    // Less than a second of it proves nothing, and a drain is no load.
    std::vector<TrafficInterval> brief = series_of({{100, 1000}, {100, 1000}, {100, 1000}});
    CHECK_FALSE(find_recovery(brief, 1000).nanoseconds.has_value());
    brief.push_back(brief.back());
    brief.back().phase = TrafficPhase::drain;
    CHECK_FALSE(find_recovery(brief, 1000).nanoseconds.has_value());
    brief.back().phase = TrafficPhase::measurement;
    CHECK(find_recovery(brief, 1000).nanoseconds == 0);
}
