#include "orchestrator/statistics/steady.hpp"

#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

namespace {

constexpr std::uint64_t interval = 250'000'000;

struct Shape {
    std::function<double(double)> throughput = [](double) { return 100'000.0; };
    std::function<double(double)> p99 = [](double) { return 20'000.0; };
    double deviation = 0;
    double request_events = 100;
};

std::vector<SteadyPoint> series(double seconds, const Shape& shape, std::uint64_t seed = 1) {
    elytra::Prng prng(seed);
    std::vector<SteadyPoint> points;
    double owed = 0;  // events that complete a request only in a later interval
    for (std::uint64_t end = interval; static_cast<double>(end) <= seconds * 1e9; end += interval) {
        const double at = static_cast<double>(end) / 1e9;
        const double noise = 1 + shape.deviation * test::normal(prng);
        owed += shape.throughput(at) / 4 * noise;
        const auto requests = static_cast<std::uint64_t>(owed / shape.request_events);
        const double events = static_cast<double>(requests) * shape.request_events;
        owed -= events;
        points.push_back(
            {.end_nanoseconds = end,
             .nanoseconds = interval,
             .events = static_cast<std::uint64_t>(events),
             .requests = requests,
             .p99_microseconds = shape.p99(at) * (1 + 5 * shape.deviation * test::uniform(prng))});
    }
    return points;
}

}  // namespace

TEST_CASE("a flat series is steady once minimum and window are over") {
    CHECK(judge_steady({}, {}).state == SteadyState::too_early);
    CHECK(judge_steady(series(2.75, {}), {}).state == SteadyState::too_early);
    CHECK(judge_steady(series(3, {}), {}).steady());
    const SteadyOptions patient{.minimum_nanoseconds = 8'000'000'000};
    CHECK(judge_steady(series(7.75, {}), patient).state == SteadyState::too_early);
    CHECK(judge_steady(series(8, {}), patient).steady());
}

TEST_CASE("noise within the deviation is steady within few windows for nearly every seed") {
    int steady = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        bool ever = false;
        for (double seconds = 3; seconds <= 12 && !ever; seconds += 0.25) {
            ever = judge_steady(series(seconds, {.deviation = 0.03}, seed), {}).steady();
        }
        steady += ever ? 1 : 0;
    }
    CHECK(steady >= 97);
}

TEST_CASE("large batches that fall to one side of an interval are no noise") {
    // Three batches an interval: a third more or less in each.
    CHECK(judge_steady(series(10, {.request_events = 8189}), {}).steady());
}

TEST_CASE("throughput that rises or falls is not steady") {
    const Shape rising{.throughput = [](double at) { return 50'000 + 5'000 * at; }};
    CHECK(judge_steady(series(6, rising), {}).state == SteadyState::throughput_trend);
    const Shape falling{.throughput = [](double at) { return 100'000 - 2'000 * at; }};
    CHECK(judge_steady(series(6, falling), {}).state == SteadyState::throughput_trend);
}

TEST_CASE("a dip within the window is too much deviation") {
    const Shape dip{.throughput = [](double at) { return at > 5 && at <= 5.5 ? 60'000 : 100'000; }};
    const SteadyVerdict verdict = judge_steady(series(7, dip), {});
    CHECK(verdict.state == SteadyState::throughput_noise);
    CHECK(verdict.text.find("%") != std::string::npos);
    CHECK(judge_steady(series(12, dip), {}).steady());
}

TEST_CASE("a series that has just collapsed is not steady at any moment of the collapse") {
    const Shape collapse{.throughput = [](double at) { return at <= 6 ? 100'000 : 40'000; }};
    CHECK(judge_steady(series(6, collapse), {}).steady());
    for (double seconds = 6.5; seconds < 11; seconds += 0.25) {
        CAPTURE(seconds);
        CHECK_FALSE(judge_steady(series(seconds, collapse), {}).steady());
    }
    CHECK(judge_steady(series(9.25, collapse), {}).state == SteadyState::throughput_fell);
    CHECK(judge_steady(series(13, collapse), {}).steady());
}

TEST_CASE("a stop is never steady, however flat it is") {
    const Shape stop{.throughput = [](double at) { return at <= 4 ? 100'000 : 0; }};
    CHECK(judge_steady(series(20, stop), {}).state == SteadyState::too_few_answers);
}

TEST_CASE("latency that grows is not steady although throughput is") {
    const Shape growing{.p99 = [](double at) { return 10'000 + 2'000 * at; }, .deviation = 0.01};
    CHECK(judge_steady(series(8, growing), {}).state == SteadyState::latency_trend);
}
