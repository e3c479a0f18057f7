#include "orchestrator/campaign/thresholds.hpp"

#include <algorithm>

namespace elytractl::campaign {
namespace {

report::CheckedThreshold check(const spec::Threshold& threshold, const Measured& measured) {
    const std::optional<double> value = measured.metric(threshold.metric);
    const bool passed = value.has_value() &&
                        (!threshold.minimum.has_value() || *value >= *threshold.minimum) &&
                        (!threshold.maximum.has_value() || *value <= *threshold.maximum);
    return {.metric = threshold.metric,
            .minimum = threshold.minimum,
            .maximum = threshold.maximum,
            .on_fail = threshold.on_fail == spec::ThresholdFailure::fail ? "fail" : "invalid",
            .value = value,
            .passed = passed,
            .measurement = measured.index,
            .at = threshold.at};
}

// Whether the threshold is about this measurement.
bool binds(const spec::Threshold& threshold, const Measured& measured) {
    if (threshold.regression.has_value()) return false;
    if (!threshold.at.has_value()) return true;
    return measured.rate_fraction.has_value() &&
           spec::same_fraction(*threshold.at, *measured.rate_fraction);
}

}  // namespace

std::vector<report::CheckedThreshold> check_thresholds(std::span<const spec::Threshold> thresholds,
                                                       std::span<const Measured> measured) {
    std::vector<report::CheckedThreshold> checked;
    for (const Measured& one : measured) {
        if (one.role != plan::Role::measurement) continue;
        if (one.completion != run::Completion::complete) continue;
        for (const spec::Threshold& threshold : thresholds) {
            if (!binds(threshold, one)) continue;
            checked.push_back(check(threshold, one));
            checked.back().aborted = threshold.abort && !checked.back().passed;
        }
    }
    return checked;
}

bool ends_run(std::span<const spec::Threshold> thresholds, const Measured& measured) {
    return std::ranges::any_of(check_thresholds(thresholds, {&measured, 1}),
                               &report::CheckedThreshold::aborted);
}

}  // namespace elytractl::campaign
