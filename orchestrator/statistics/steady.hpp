#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace elytractl::statistics {

// An interval of the warm-up.
struct SteadyPoint {
    std::uint64_t end_nanoseconds = 0;  // since the start of the warm-up
    std::uint64_t nanoseconds = 0;
    std::uint64_t events = 0;  // accepted
    std::uint64_t requests = 0;
    double p99_microseconds = 0;  // of the requests answered in it; not read without requests
};

struct SteadyOptions {
    double slope = 0.005;     // of the mean, a second
    double deviation = 0.05;  // of the mean
    std::uint64_t window_nanoseconds = 3'000'000'000;
    std::uint64_t minimum_nanoseconds = 2'000'000'000;
};

enum class SteadyState : std::uint8_t {
    steady,
    too_early,         // the minimum or the window is not over yet
    too_few_answers,   // nothing to judge by
    throughput_trend,  // it rises or falls
    throughput_noise,  // some part of the window is too far from the mean
    throughput_fell,   // the window is flat, but lower than the one before it
    latency_trend,     // the 99th percentile rises or falls
};

struct SteadyVerdict {
    SteadyState state = SteadyState::too_early;
    std::string text;  // a sentence with the numbers

    bool steady() const { return state == SteadyState::steady; }
};

// Whether the last window of the series is steady (spec/orchestrator 4.4): the least-squares slopes
// of throughput and of the 99th percentile are small, and throughput stays near its mean. The
// window is cut into six pieces, so that a few large batches, which arrive in one interval or in
// its neighbour, are no noise. A slope below twice its own error is none: noise alone makes it, and
// the deviation bounds the noise. A window below the one before it is never steady, however flat:
// the series has just collapsed.
SteadyVerdict judge_steady(std::span<const SteadyPoint> points, const SteadyOptions& options);

}  // namespace elytractl::statistics
