#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/load/latency_histogram.hpp"
#include "bench/load/traffic_result.hpp"

namespace elytractl::report {

// A percentile that a report shows where enough samples lie above it.
struct NamedQuantile {
    std::string name;  // "p99.9"
    elytra::bench::Quantile quantile;
};

// 50 and 99 always, and those asked for, ascending, each once. Requires: 0 < percent < 100, at most
// five digits after the point.
std::vector<NamedQuantile> named_quantiles(std::span<const double> percentiles);

// Count, extremes, mean, quantiles with at least ten samples above them and their 95 % intervals,
// which ones are not shown
// and why, and the histogram itself.
nlohmann::json latency_json(const elytra::bench::LatencyHistogram& latency,
                            std::span<const NamedQuantile> quantiles);

// The histograms of a phase by name. Those of what did not happen, as queries, are left out.
nlohmann::json latencies_json(const elytra::bench::TrafficLatency& latency,
                              std::span<const NamedQuantile> quantiles);

struct NamedLatency {
    std::string_view name;
    const elytra::bench::LatencyHistogram& histogram;
};

// In the order in which reports show them.
std::vector<NamedLatency> named_latencies(const elytra::bench::TrafficLatency& latency);

}  // namespace elytractl::report
