#include "orchestrator/run/cut_series.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

using namespace elytractl::run;

namespace {

template <class Moment>
std::vector<std::uint64_t> times_of(const std::vector<Moment>& moments) {
    std::vector<std::uint64_t> times;
    for (const Moment& moment : moments) times.push_back(moment.at_nanoseconds);
    return times;
}

MeasurementOutcome outcome_with(const std::vector<std::uint64_t>& times) {
    MeasurementOutcome outcome;
    outcome.members.resize(2);
    for (const std::uint64_t at : times) {
        outcome.members[0].samples.push_back({.at_nanoseconds = at, .rss_bytes = at});
        outcome.host.emplace_back().at_nanoseconds = at;
        outcome.marks.push_back({.at_nanoseconds = at, .kind = "checkpoint", .member = "r0"});
    }
    return outcome;
}

}  // namespace

TEST_CASE("a step keeps what was seen in it, on its own clock, and one sample after its end") {
    MeasurementOutcome outcome = outcome_with({90, 100, 150, 200, 201, 250});
    cut_series(outcome, {.begin_nanoseconds = 100, .end_nanoseconds = 200});
    CHECK(times_of(outcome.members[0].samples) == std::vector<std::uint64_t>{0, 50, 100, 101});
    CHECK(outcome.members[0].samples[1].rss_bytes == 150);
    CHECK(outcome.members[1].samples.empty());
    CHECK(times_of(outcome.host) == std::vector<std::uint64_t>{0, 50, 100, 101});
    CHECK(times_of(outcome.marks) == std::vector<std::uint64_t>{0, 50, 100});
}

TEST_CASE("the last step keeps everything after its begin") {
    MeasurementOutcome outcome = outcome_with({90, 100, 5000});
    cut_series(outcome, {.begin_nanoseconds = 95});
    CHECK(times_of(outcome.members[0].samples) == std::vector<std::uint64_t>{5, 4905});
    CHECK(times_of(outcome.marks) == std::vector<std::uint64_t>{5, 4905});
}

TEST_CASE("a step in which nothing was seen has nothing") {
    MeasurementOutcome outcome = outcome_with({10, 20});
    cut_series(outcome, {.begin_nanoseconds = 100, .end_nanoseconds = 200});
    CHECK(outcome.members[0].samples.empty());
    CHECK(outcome.marks.empty());
}
