#include "bench/load/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/time.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

ArrivalOptions schedule(ArrivalProcess process, std::vector<RateStretch> stretches) {
    return {.model = ArrivalModel::open,
            .think_nanoseconds = 0,
            .process = process,
            .stretches = std::move(stretches)};
}

// All times before `end`.
std::vector<std::uint64_t> times(const ArrivalOptions& options, std::uint64_t end,
                                 Arrivals::Share share = {}, std::uint64_t seed = 42) {
    Arrivals arrivals(options, seed, share);
    std::vector<std::uint64_t> drawn;
    for (std::uint64_t at = arrivals.next(); at < end; at = arrivals.next()) drawn.push_back(at);
    return drawn;
}

std::uint64_t count_between(const std::vector<std::uint64_t>& sorted, std::uint64_t begin,
                            std::uint64_t end) {
    const auto first = std::lower_bound(sorted.begin(), sorted.end(), begin);
    return static_cast<std::uint64_t>(std::lower_bound(first, sorted.end(), end) - first);
}

std::vector<std::uint64_t> times_of_all(const ArrivalOptions& options, std::uint64_t end,
                                        std::uint32_t count) {
    std::vector<std::uint64_t> all;
    for (std::uint32_t index = 0; index < count; ++index) {
        const std::vector<std::uint64_t> part =
            times(options, end, {.index = index, .count = count});
        all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

TEST_CASE("a constant schedule has equal gaps, over the seams of its repetition too") {
    const ArrivalOptions options =
        schedule(ArrivalProcess::constant,
                 {{.rate_begin = 1000, .rate_end = 1000, .nanoseconds = 10'000'000}});
    const std::vector<std::uint64_t> drawn = times(options, second);
    REQUIRE(drawn.size() == 1000);
    for (std::size_t index = 0; index < drawn.size(); ++index) {
        CHECK(drawn[index] == index * 1'000'000);
    }
}

TEST_CASE("generators that share a constant schedule follow it exactly together") {
    const ArrivalOptions options = schedule(
        ArrivalProcess::constant,
        {{.rate_begin = 1000, .rate_end = 5000, .nanoseconds = second}, {2000, 2000, second / 2}});
    CHECK(times_of_all(options, 4 * second, 3) == times(options, 4 * second));
}

TEST_CASE("a schedule is a function of its options, its seed and the place of its generator") {
    const ArrivalOptions options = schedule(
        ArrivalProcess::poisson, {{.rate_begin = 5000, .rate_end = 5000, .nanoseconds = second}});
    const std::vector<std::uint64_t> drawn = times(options, second);
    CHECK(drawn == times(options, second));
    CHECK(drawn != times(options, second, {}, 43));
    CHECK(times(options, second, {.index = 0, .count = 2}) !=
          times(options, second, {.index = 1, .count = 2}));
    // Pinned, so that no machine and no later change draws another schedule unnoticed.
    CHECK(drawn[0] == 294'717);
    CHECK(drawn[1] == 441'125);
    CHECK(drawn[2499] == 486'401'870);
}

TEST_CASE("times never decrease") {
    for (const ArrivalProcess process : {ArrivalProcess::constant, ArrivalProcess::poisson}) {
        const std::vector<std::uint64_t> drawn = times(
            schedule(process,
                     {{0, 100'000, second}, {100'000, 0, second}, {0, 0, second}, {7, 7, second}}),
            9 * second);
        CHECK(std::is_sorted(drawn.begin(), drawn.end()));
        CHECK(drawn.size() > 200'000);
    }
}

TEST_CASE("a Poisson schedule has the mean and the variance of one, shared out or not") {
    const ArrivalOptions options =
        schedule(ArrivalProcess::poisson,
                 {{.rate_begin = 10'000, .rate_end = 10'000, .nanoseconds = second}});
    for (const std::uint32_t generators : {1U, 4U}) {
        CAPTURE(generators);
        const std::vector<std::uint64_t> drawn = times_of_all(options, 100 * second, generators);
        // A million events with a deviation of a thousand; four of them are chance enough.
        CHECK(std::abs(static_cast<double>(drawn.size()) - 1e6) < 4000);
        // Windows of 10 ms hold 100 events on average, with a variance of 100 as well.
        double squares = 0;
        constexpr std::uint64_t windows = 10'000;
        for (std::uint64_t window = 0; window < windows; ++window) {
            const double off = static_cast<double>(count_between(drawn, window * 10'000'000,
                                                                 (window + 1) * 10'000'000)) -
                               100.0;
            squares += off * off;
        }
        CHECK(squares / windows == doctest::Approx(100).epsilon(0.06));
    }
}

TEST_CASE("the events of a ramp are the area below it") {
    const ArrivalOptions options = schedule(
        ArrivalProcess::constant, {{.rate_begin = 0, .rate_end = 8000, .nanoseconds = 4 * second}});
    const std::vector<std::uint64_t> drawn = times(options, 4 * second);
    // After t seconds, 1000 t^2.
    CHECK(count_between(drawn, 0, second) == 1000);
    CHECK(count_between(drawn, second, 2 * second) == 3000);
    CHECK(count_between(drawn, 3 * second, 4 * second) == 7000);
}

TEST_CASE("stretches follow one another as steps and bursts, and begin again") {
    const ArrivalOptions options = schedule(
        ArrivalProcess::constant, {{100, 100, second}, {0, 0, second}, {1000, 1000, second / 2}});
    const std::vector<std::uint64_t> drawn = times(options, 5 * second);

    const struct {
        std::uint64_t begin;  // half seconds
        std::uint64_t end;
        std::uint64_t events;
    } rows[] = {{0, 2, 100}, {2, 4, 0}, {4, 5, 500}, {5, 7, 100}, {7, 9, 0}, {9, 10, 500}};

    for (const auto& row : rows) {
        CAPTURE(row.begin);
        CHECK(count_between(drawn, row.begin * second / 2, row.end * second / 2) == row.events);
    }
}

TEST_CASE("each step of a traffic draws a schedule of its own, the same in every run") {
    const ArrivalOptions options = schedule(
        ArrivalProcess::poisson, {{.rate_begin = 5000, .rate_end = 5000, .nanoseconds = second}});
    const auto of_step = [&](std::uint32_t step) {
        return times(options, second, {.index = 0, .count = 2, .step = step});
    };
    CHECK(of_step(0) == times(options, second, {.index = 0, .count = 2}));
    CHECK(of_step(1) == of_step(1));
    CHECK(of_step(0) != of_step(1));
    CHECK(of_step(1) != of_step(2));
}
