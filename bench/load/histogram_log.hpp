#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/latency_histogram.hpp"
#include "server/common/time.hpp"

// The log format of HdrHistogram, version 1.3 with V2 histograms, so that every tool that draws or
// compares such logs can read ours. Values are microseconds.
namespace elytra::bench {

// The lines that open a log: version, when the intervals' clock was zero, column names.
std::string histogram_log_header(WallTime start);

struct HistogramInterval {
    std::string_view tag;              // names the series; without comma, blank and line break
    std::uint64_t start_milliseconds;  // since the start of the log
    std::uint64_t length_milliseconds;
};

// One line of the log, with its line break.
std::string histogram_log_line(const HistogramInterval& interval,
                               const LatencyHistogram& histogram);

// The last column of a line: counts as zigzag LEB128, deflated, in base64.
std::string encode_histogram(const LatencyHistogram& histogram);

// The histogram of an encoded column; none when it is damaged or has another layout than ours. The
// extremes come back as the ends of their classes, because the format does not store them.
std::optional<LatencyHistogram> decode_histogram(std::string_view encoded);

}  // namespace elytra::bench
