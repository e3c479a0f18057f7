#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "orchestrator/spec/json.hpp"
#include "server/common/result.hpp"

namespace elytractl::spec {

// The unit in which a metric's values are kept.
enum class MetricUnit : std::uint8_t {
    events_per_second,
    microseconds,
    fraction,
    bytes,
    milliseconds,
    plain,  // of its own, such as microseconds of CPU for each event
};

// Of a name such as "throughput" or "batch.p99.9"; none where there is no such metric.
std::optional<MetricUnit> metric_unit(std::string_view metric);

// 99.9 of "batch.p99.9"; none of other metrics.
std::optional<double> metric_percentile(std::string_view metric);

// Some of them, for suggestions: quantiles without end cannot be listed.
std::span<const std::string_view> metric_examples();

// A bound: a number in the unit of the metric, or a text with a unit that fits.
elytra::Result<double, std::string> parse_quantity(MetricUnit unit, const Json& value);

}  // namespace elytractl::spec
