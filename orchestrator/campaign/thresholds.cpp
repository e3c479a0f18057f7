#include "orchestrator/campaign/thresholds.hpp"

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
            .measurement = measured.index};
}

}  // namespace

std::vector<report::CheckedThreshold> check_thresholds(std::span<const spec::Threshold> thresholds,
                                                       std::span<const Measured> measured) {
    std::vector<report::CheckedThreshold> checked;
    for (const Measured& one : measured) {
        if (one.role != plan::Role::measurement) continue;
        if (one.completion != run::Completion::complete) continue;
        for (const spec::Threshold& threshold : thresholds)
            checked.push_back(check(threshold, one));
    }
    return checked;
}

}  // namespace elytractl::campaign
