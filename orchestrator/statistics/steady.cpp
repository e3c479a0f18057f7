#include "orchestrator/statistics/steady.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "orchestrator/statistics/descriptive.hpp"

namespace elytractl::statistics {
namespace {

constexpr std::size_t piece_count = 6;
constexpr double slope_errors = 2;    // a slope within so many of its errors is none
constexpr double fall_factor = 2;     // times the deviation allowed
constexpr double requests_slack = 1;  // in a piece, by where its borders happen to fall

struct Piece {
    double seconds = 0;
    double events = 0;
    double requests = 0;
    std::vector<double> p99;

    double throughput() const { return seconds > 0 ? events / seconds : 0; }
};

double seconds_of(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

void add(Piece& piece, const SteadyPoint& point) {
    piece.seconds += seconds_of(point.nanoseconds);
    piece.events += static_cast<double>(point.events);
    piece.requests += static_cast<double>(point.requests);
    if (point.requests > 0) piece.p99.push_back(point.p99_microseconds);
}

// The window and what lies a window's length before it.
struct Window {
    std::array<Piece, piece_count> pieces;
    Piece whole;
    Piece before;
};

Window cut(std::span<const SteadyPoint> points, std::uint64_t length) {
    Window window;
    const std::uint64_t end = points.back().end_nanoseconds;
    const std::uint64_t begin = end - length;
    const std::uint64_t before = begin - std::min(begin, length);
    for (const SteadyPoint& point : points) {
        const std::uint64_t middle = point.end_nanoseconds - point.nanoseconds / 2;
        if (middle < before) continue;
        if (middle < begin) {
            add(window.before, point);
            continue;
        }
        const std::size_t piece = (middle - begin) * piece_count / length;
        add(window.pieces[std::min(piece, piece_count - 1)], point);
        add(window.whole, point);
    }
    return window;
}

struct Trend {
    double share = 0;  // of the mean, a second
    bool seen = false;
};

Trend trend_of(std::span<const double> seconds, std::span<const double> values, double slope_max) {
    const double centre = mean(values);
    const Line line = fit_line(seconds, values);
    Trend trend{.share = line.slope / centre};
    const double noise = slope_errors * line.slope_error / centre;
    trend.seen = std::abs(trend.share) > std::max(slope_max, noise);
    return trend;
}

SteadyVerdict judge_throughput(const Window& window, const SteadyOptions& options) {
    std::vector<double> seconds;
    std::vector<double> values;
    double elapsed = 0;
    for (const Piece& piece : window.pieces) {
        seconds.push_back(elapsed + piece.seconds / 2);
        values.push_back(piece.throughput());
        elapsed += piece.seconds;
    }
    const double centre = window.whole.throughput();
    const Trend trend = trend_of(seconds, values, options.slope);
    if (trend.seen) {
        return {SteadyState::throughput_trend,
                fmt::format("throughput changes by {:+.1f} % a second, at most {:.1f} % allowed",
                            trend.share * 100, options.slope * 100)};
    }
    const double request_events = window.whole.events / window.whole.requests;
    for (const Piece& piece : window.pieces) {
        const double slack = requests_slack * request_events / piece.seconds;
        const double distance = std::abs(piece.throughput() - centre);
        if (distance <= std::max(options.deviation * centre, slack)) continue;
        return {SteadyState::throughput_noise,
                fmt::format("a part of the window lies {:.1f} % off the mean throughput, at most "
                            "{:.1f} % allowed",
                            distance / centre * 100, options.deviation * 100)};
    }
    const double before = window.before.throughput();
    if (before > centre * (1 + fall_factor * options.deviation)) {
        return {
            SteadyState::throughput_fell,
            fmt::format("throughput has just fallen from {:.0f}/s to {:.0f}/s", before, centre)};
    }
    return {SteadyState::steady, ""};
}

SteadyVerdict judge_latency(const Window& window, const SteadyOptions& options) {
    std::vector<double> seconds;
    std::vector<double> values;
    double elapsed = 0;
    for (const Piece& piece : window.pieces) {
        seconds.push_back(elapsed + piece.seconds / 2);
        values.push_back(median(piece.p99));
        elapsed += piece.seconds;
    }
    const Trend trend = trend_of(seconds, values, options.slope);
    if (!trend.seen) return {SteadyState::steady, ""};
    return {SteadyState::latency_trend,
            fmt::format("the 99th percentile changes by {:+.1f} % a second, at most {:.1f} % "
                        "allowed",
                        trend.share * 100, options.slope * 100)};
}

bool answers_everywhere(const Window& window) {
    return std::ranges::all_of(window.pieces, [](const Piece& piece) {
        return piece.seconds > 0 && piece.events > 0 && !piece.p99.empty() &&
               *std::ranges::max_element(piece.p99) > 0;
    });
}

}  // namespace

SteadyVerdict judge_steady(std::span<const SteadyPoint> points, const SteadyOptions& options) {
    const std::uint64_t needed = std::max(options.minimum_nanoseconds, options.window_nanoseconds);
    const std::uint64_t elapsed = points.empty() ? 0 : points.back().end_nanoseconds;
    if (elapsed < needed) {
        return {SteadyState::too_early, fmt::format("{:.1f} s of at least {:.1f} s are over",
                                                    seconds_of(elapsed), seconds_of(needed))};
    }
    const Window window = cut(points, options.window_nanoseconds);
    if (!answers_everywhere(window)) {
        return {SteadyState::too_few_answers,
                fmt::format("a sixth of the last {:.1f} s is without an answer",
                            seconds_of(options.window_nanoseconds))};
    }
    const SteadyVerdict throughput = judge_throughput(window, options);
    if (!throughput.steady()) return throughput;
    const SteadyVerdict latency = judge_latency(window, options);
    if (!latency.steady()) return latency;
    return {SteadyState::steady,
            fmt::format("steady at {:.0f}/s for {:.1f} s", window.whole.throughput(),
                        seconds_of(options.window_nanoseconds))};
}

}  // namespace elytractl::statistics
