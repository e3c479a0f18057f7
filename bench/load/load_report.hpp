#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/load/load_options.hpp"
#include "bench/load/load_result.hpp"

namespace elytra::bench {

std::string_view to_text(Stage stage);

// The lines that scripts search for "label = " and cut at the unit: labels and units never change.
// The latencies in microseconds stand in lines of their own.
std::string text_report(const LoadOptions& options, const LoadResult& result);

// The same and all else: counts, durations, quantiles with enough samples behind them, histograms
// in HdrHistogram's encoding.
nlohmann::json json_report(const LoadOptions& options, const LoadResult& result);

// The histograms of all stages as an HdrHistogram log, one line a stage.
std::string histogram_log(const LoadResult& result);

// "0ns", "1s500ms": as the flags take it.
std::string format_duration(std::uint64_t nanoseconds);

}  // namespace elytra::bench
