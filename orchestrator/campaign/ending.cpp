#include "orchestrator/campaign/ending.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace elytractl::campaign {
namespace {

using run::Completion;
using run::ExitCode;
using statistics::Difference;

bool failed(std::span<const report::CheckedThreshold> thresholds, std::string_view on_fail) {
    return std::ranges::any_of(thresholds, [&](const report::CheckedThreshold& one) {
        return !one.passed && one.on_fail == on_fail;
    });
}

// Requires: did not complete.
ExitCode code_of(Completion completion) {
    switch (completion) {
        case Completion::interrupted:
            return ExitCode::interrupted;
        case Completion::member_failed:
            return ExitCode::member_died;
        case Completion::timed_out:
            return ExitCode::timed_out;
        case Completion::load_failed:
        case Completion::complete:
            break;
    }
    return ExitCode::unclassified;
}

bool any_is(const report::Comparison& comparison, Difference difference) {
    return std::ranges::any_of(comparison.metrics, [&](const auto& metric) {
        return metric.second.difference == difference;
    });
}

bool throughput_is(const report::Comparison& comparison, Difference difference) {
    const auto found = comparison.metrics.find("throughput");
    return found != comparison.metrics.end() && found->second.difference == difference;
}

}  // namespace

std::vector<statistics::Reason> run_reasons(std::span<const report::CheckedThreshold> thresholds,
                                            const report::Comparison* comparison) {
    std::vector<statistics::Reason> reasons;
    if (failed(thresholds, "invalid")) {
        reasons.push_back(
            {.code = "bound_not_kept",
             .severity = statistics::Severity::invalid,
             .text = "A bound of the run file that makes a run invalid was not kept"});
    }
    if (comparison != nullptr && throughput_is(*comparison, Difference::undecided)) {
        reasons.push_back({.code = "undecided",
                           .severity = statistics::Severity::inconclusive,
                           .text = comparison->metrics.at("throughput").sentence});
    }
    return reasons;
}

ExitCode judge_end(const EndFacts& facts) {
    if (facts.interruption != nullptr && facts.interruption->code == ExitCode::interrupted) {
        return ExitCode::interrupted;
    }
    for (const Measured& one : facts.measured) {
        if (one.answers_wrong) return ExitCode::check_failed;
    }
    if (facts.interruption != nullptr) return facts.interruption->code;
    for (const Measured& one : facts.measured) {
        if (one.completion != Completion::complete) return code_of(one.completion);
    }
    if (facts.verdict.usability == statistics::Usability::invalid) return ExitCode::run_invalid;
    if (failed(facts.thresholds, "fail")) return ExitCode::threshold_failed;
    if (facts.comparison != nullptr && any_is(*facts.comparison, Difference::slower)) {
        return ExitCode::regression;
    }
    if (facts.verdict.usability == statistics::Usability::inconclusive) {
        return ExitCode::inconclusive;
    }
    return ExitCode::success;
}

}  // namespace elytractl::campaign
