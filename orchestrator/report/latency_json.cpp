#include "orchestrator/report/latency_json.hpp"

#include <cmath>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/load/histogram_log.hpp"
#include "orchestrator/statistics/quantile_ranks.hpp"

namespace elytractl::report {
namespace {

using elytra::bench::LatencyHistogram;
using elytra::bench::Quantile;
using nlohmann::json;

constexpr std::uint64_t parts_per_percent = 100'000;

std::uint64_t samples_above(const LatencyHistogram& latency, Quantile quantile) {
    const elytra::u128 above = static_cast<elytra::u128>(latency.count()) *
                               (quantile.denominator - quantile.numerator) / quantile.denominator;
    return elytra::narrow<std::uint64_t>(above);
}

// Between which latencies the quantile lies; null where the samples are too few for an end.
json interval_json(const LatencyHistogram& latency, Quantile quantile) {
    const double share =
        static_cast<double>(quantile.numerator) / static_cast<double>(quantile.denominator);
    const auto ranks = statistics::quantile_ranks(latency.count(), share);
    if (!ranks.has_value()) return nullptr;
    const auto at_rank = [&latency](std::uint64_t rank) {
        return latency.at({.numerator = rank, .denominator = latency.count()});
    };
    return {at_rank(ranks->low), at_rank(ranks->high)};
}

}  // namespace

std::vector<NamedQuantile> named_quantiles(std::span<const double> percentiles) {
    std::set<double> wanted{50, 99};
    wanted.insert(percentiles.begin(), percentiles.end());
    std::vector<NamedQuantile> quantiles;
    for (const double percent : wanted) {
        ELYTRA_ASSERT(percent > 0);
        ELYTRA_ASSERT(percent < 100);
        const double parts = std::round(percent * static_cast<double>(parts_per_percent));
        quantiles.push_back({.name = fmt::format("p{}", percent),
                             .quantile = {.numerator = static_cast<std::uint64_t>(parts),
                                          .denominator = 100 * parts_per_percent}});
    }
    return quantiles;
}

json latency_json(const LatencyHistogram& latency, std::span<const NamedQuantile> quantiles) {
    json shown = json::object();
    json intervals = json::object();
    json not_shown = json::array();
    for (const auto& [name, quantile] : quantiles) {
        if (latency.supports(quantile)) {
            shown[name] = latency.at(quantile);
            intervals[name] = interval_json(latency, quantile);
        } else {
            not_shown.push_back(
                {{"quantile", name}, {"samples_above", samples_above(latency, quantile)}});
        }
    }
    return {{"unit", "us"},
            {"count", latency.count()},
            {"min", latency.min()},
            {"mean", latency.mean()},
            {"max", latency.max()},
            {"quantiles", std::move(shown)},
            {"intervals", std::move(intervals)},
            {"not_shown", std::move(not_shown)},
            {"histogram", elytra::bench::encode_histogram(latency)}};
}

std::vector<NamedLatency> named_latencies(const elytra::bench::TrafficLatency& latency) {
    return {{"event", latency.event}, {"batch", latency.batch},     {"fill", latency.fill},
            {"queue", latency.queue}, {"service", latency.service}, {"query", latency.query},
            {"lag", latency.lag}};
}

json latencies_json(const elytra::bench::TrafficLatency& latency,
                    std::span<const NamedQuantile> quantiles) {
    json parts = json::object();
    for (const auto& [name, histogram] : named_latencies(latency)) {
        if (histogram.count() == 0) continue;
        parts[std::string(name)] = latency_json(histogram, quantiles);
    }
    return parts;
}

}  // namespace elytractl::report
