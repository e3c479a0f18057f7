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
        return !one.passed && !one.undecided() && one.on_fail == on_fail;
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

// One metric decides, because each of many would raise a false alarm now and then: throughput, or
// latency where the rate was given.
std::string_view deciding_metric(std::span<const Measured> measured) {
    const bool open = !measured.empty() && measured.front().rate.has_value();
    return open ? "event.p99" : "throughput";
}

const statistics::Comparison* decision(const report::Comparison* comparison,
                                       std::span<const Measured> measured) {
    if (comparison == nullptr) return nullptr;
    const auto found = comparison->metrics.find(std::string(deciding_metric(measured)));
    return found == comparison->metrics.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<statistics::Reason> run_reasons(std::span<const report::CheckedThreshold> thresholds,
                                            const report::Comparison* comparison,
                                            std::span<const Measured> measured) {
    std::vector<statistics::Reason> reasons;
    if (failed(thresholds, "invalid")) {
        reasons.push_back(
            {.code = "bound_not_kept",
             .severity = statistics::Severity::invalid,
             .text = "A bound of the run file that makes a run invalid was not kept"});
    }
    for (const report::CheckedThreshold& one : thresholds) {
        if (!one.undecided()) continue;
        reasons.push_back(
            {.code = "regression_undecided",
             .severity = statistics::Severity::inconclusive,
             .text = fmt::format("{} against {} is undecided: {}", one.metric,
                                 one.regression->against, one.regression->undecided)});
    }
    const auto aborting = std::ranges::find_if(thresholds, &report::CheckedThreshold::aborted);
    if (aborting != thresholds.end()) {
        reasons.push_back(
            {.code = "threshold_abort",
             .severity = statistics::Severity::care,
             .text = fmt::format("The bound on {} ended the run after measurement {}",
                                 aborting->metric, aborting->measurement.value_or(0) + 1)});
    }
    const statistics::Comparison* const decided = decision(comparison, measured);
    if (decided != nullptr && decided->difference == Difference::undecided) {
        reasons.push_back({.code = "undecided",
                           .severity = statistics::Severity::inconclusive,
                           .text = decided->sentence});
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
    if (failed(facts.thresholds, "regression")) return ExitCode::regression;
    const statistics::Comparison* const decided = decision(facts.comparison, facts.measured);
    if (decided != nullptr && decided->difference == Difference::worse) {
        return ExitCode::regression;
    }
    if (facts.verdict.usability == statistics::Usability::inconclusive) {
        return ExitCode::inconclusive;
    }
    // What was measured before is not touched by it.
    if (std::ranges::any_of(facts.measured, &Measured::hung)) return ExitCode::timed_out;
    return ExitCode::success;
}

}  // namespace elytractl::campaign
