#include "orchestrator/spec/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "orchestrator/spec/units.hpp"
#include "server/common/assert.hpp"

namespace elytractl::spec {
namespace {

using elytra::Unexpected;

struct Metric {
    std::string_view name;
    MetricUnit unit;
};

constexpr std::array<Metric, 11> single_metrics{{
    {"throughput", MetricUnit::events_per_second},
    {"load.offered", MetricUnit::events_per_second},
    {"load.late_fraction", MetricUnit::fraction},
    {"load.dropped_fraction", MetricUnit::fraction},
    {"generator.busy", MetricUnit::fraction},
    {"generator.audit_share", MetricUnit::fraction},
    {"member.rss_max", MetricUnit::bytes},
    {"member.ready_ms", MetricUnit::milliseconds},
    {"cost.cpu_us_per_event", MetricUnit::plain},
    {"cost.written_bytes_per_event", MetricUnit::bytes},
    {"cost.switches_per_event", MetricUnit::plain},
}};

constexpr std::array<std::string_view, 7> latencies{"event",   "batch", "fill", "queue",
                                                    "service", "query", "lag"};

constexpr std::array<std::string_view, 28> examples{
    "throughput",
    "load.offered",
    "generator.busy",
    "generator.audit_share",
    "member.ready_ms",
    "load.late_fraction",
    "load.dropped_fraction",
    "member.rss_max",
    "cost.cpu_us_per_event",
    "cost.written_bytes_per_event",
    "cost.switches_per_event",
    "batch.p50",
    "batch.p99",
    "batch.p99.9",
    "batch.max",
    "event.p50",
    "event.p99",
    "event.p99.9",
    "event.max",
    "service.p50",
    "service.p99",
    "service.max",
    "query.p99",
    "query.max",
    "queue.p99",
    "fill.p99",
    "lag.p99",
    "lag.max",
};

std::optional<double> percentile_of(std::string_view statistic) {
    if (!statistic.starts_with('p')) return std::nullopt;
    statistic.remove_prefix(1);
    const char* const text_end = statistic.data() + statistic.size();
    double percentile = 0;
    const auto [end, error] = std::from_chars(statistic.data(), text_end, percentile);
    const bool whole_text = error == std::errc{} && end == text_end;
    if (!whole_text || percentile <= 0 || percentile >= 100) return std::nullopt;
    return percentile;
}

bool is_statistic(std::string_view name) {
    return name == "max" || percentile_of(name).has_value();
}

template <class Number>
elytra::Result<double, std::string> scaled(const elytra::Result<Number, std::string>& parsed,
                                           double scale) {
    if (!parsed.has_value()) return Unexpected(parsed.error());
    return static_cast<double>(*parsed) / scale;
}

}  // namespace

std::optional<MetricUnit> metric_unit(std::string_view metric) {
    for (const Metric& single : single_metrics) {
        if (single.name == metric) return single.unit;
    }
    const std::size_t dot = metric.find('.');
    if (dot == metric.npos || !is_statistic(metric.substr(dot + 1))) return std::nullopt;
    const bool known = std::ranges::find(latencies, metric.substr(0, dot)) != latencies.end();
    return known ? std::optional(MetricUnit::microseconds) : std::nullopt;
}

std::optional<double> metric_percentile(std::string_view metric) {
    const std::size_t dot = metric.find('.');
    return dot == metric.npos ? std::nullopt : percentile_of(metric.substr(dot + 1));
}

std::span<const std::string_view> metric_examples() { return examples; }

elytra::Result<double, std::string> parse_quantity(MetricUnit unit, const Json& value) {
    constexpr double nanoseconds_per_microsecond = 1e3;
    constexpr double nanoseconds_per_millisecond = 1e6;
    if (value.is_number()) return value.get<double>();
    const std::string text = value.get<std::string>();
    switch (unit) {
        case MetricUnit::events_per_second:
            return scaled(parse_rate(text), 1);
        case MetricUnit::microseconds:
            return scaled(parse_duration(text), nanoseconds_per_microsecond);
        case MetricUnit::milliseconds:
            return scaled(parse_duration(text), nanoseconds_per_millisecond);
        case MetricUnit::fraction:
            return parse_percentage(text);
        case MetricUnit::bytes:
            return scaled(parse_size(text), 1);
        case MetricUnit::plain:
            return Unexpected(std::string("must be a number; this metric has no unit to write"));
    }
    ELYTRA_ASSERT(false);
}

}  // namespace elytractl::spec
