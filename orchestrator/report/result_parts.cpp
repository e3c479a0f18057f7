#include "orchestrator/report/result_parts.hpp"

#include <chrono>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/report/optional_json.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

std::string_view to_text(RunState state) {
    switch (state) {
        case RunState::running:
            return "running";
        case RunState::complete:
            return "complete";
        case RunState::incomplete:
            return "incomplete";
    }
    return {};
}

json to_json(const statistics::Comparison& effect) {
    const bool known = effect.interval.has_value();
    const bool undecided = effect.difference == statistics::Difference::undecided;
    return {{"ratio", effect.ratio},
            {"low", known ? json(effect.interval->low) : json(nullptr)},
            {"high", known ? json(effect.interval->high) : json(nullptr)},
            {"p_value", effect.p_value},
            {"verdict", effect.verdict},
            {"sentence", effect.sentence},
            {"pairs_needed", undecided ? json(effect.pairs_needed) : json(nullptr)}};
}

json to_json(const statistics::SweepStep& step) {
    return {{"direction", step.direction == statistics::SweepDirection::up ? "up" : "down"},
            {"fraction", step.fraction},
            {"offered", step.offered},
            {"accepted", step.accepted},
            {"p50_us", or_null(step.p50_microseconds)},
            {"p99_us", or_null(step.p99_microseconds)},
            {"steady", step.steady},
            {"carried", step.carried}};
}

json to_json(const statistics::Hysteresis& hysteresis) {
    json pairs = json::array();
    for (const statistics::StepPair& pair : hysteresis.pairs) {
        pairs.push_back({{"fraction", pair.up.fraction},
                         {"up", to_json(pair.up)},
                         {"down", to_json(pair.down)},
                         {"served", statistics::path_effect_name(pair.served)},
                         {"p99", statistics::path_effect_name(pair.p99)}});
    }
    return {{"effect", statistics::path_effect_name(hysteresis.effect)},
            {"sentence", hysteresis.sentence},
            {"rule", statistics::hysteresis_rule},
            {"pairs", std::move(pairs)}};
}

json to_json(const std::optional<statistics::Recovery>& recovery) {
    if (!recovery.has_value()) return nullptr;
    return {{"fraction", recovery->fraction},
            {"carried", recovery->carried},
            {"ns", or_null(recovery->nanoseconds)},
            {"sentence", recovery->sentence}};
}

json to_json(const std::optional<statistics::Knee>& knee) {
    if (!knee.has_value()) return nullptr;
    return {{"rate", knee->rate}, {"slo", knee->slo}};
}

json to_json(const std::optional<CheckedRegression>& regression) {
    if (!regression.has_value()) return nullptr;
    return {
        {"against", regression->against},
        {"worse_than", regression->worse_than},
        {"runs", regression->runs},
        {"reference", or_null(regression->reference)},
        {"noise", or_null(regression->noise)},
        {"undecided", regression->undecided.empty() ? json(nullptr) : json(regression->undecided)}};
}

}  // namespace

std::string_view kind_name(RunKind kind) {
    switch (kind) {
        case RunKind::bench:
            return "bench";
        case RunKind::compare:
            return "compare";
        case RunKind::sweep:
            return "sweep";
        case RunKind::null:
            return "null";
    }
    return {};
}

json to_json(const RunFacts& run) {
    return {{"id", run.id},
            {"kind", kind_name(run.kind)},
            {"name", run.name},
            {"folder", run.folder},
            {"state", to_text(run.state)},
            {"started", iso_time(run.started)},
            {"ended", run.ended.has_value() ? json(iso_time(*run.ended)) : json(nullptr)},
            {"command", run.command},
            {"rerun", run.rerun},
            {"elytractl", run.elytractl},
            {"seed", run.seed},
            {"config_sha256", run.config_sha256},
            {"exit_code", or_null(run.exit_code)}};
}

json to_json(const Subject& subject) {
    return {{"name", subject.name},
            {"path", subject.path},
            {"version", subject.version},
            {"sha256", subject.sha256},
            {"size", subject.size},
            {"release", subject.release.empty() ? json(nullptr) : json(subject.release)},
            {"settings", subject.settings}};
}

json to_json(const statistics::Verdict& verdict) {
    json reasons = json::array();
    for (const statistics::Reason& reason : verdict.reasons) {
        reasons.push_back({{"code", reason.code},
                           {"severity", statistics::severity_name(reason.severity)},
                           {"text", reason.text}});
    }
    return {{"word", statistics::usability_name(verdict.usability)},
            {"reasons", std::move(reasons)}};
}

json to_json(const std::optional<statistics::Interval>& interval, std::string_view method) {
    if (!interval.has_value()) return nullptr;
    return {{"low", interval->low},
            {"high", interval->high},
            {"confidence", interval->confidence},
            {"method", method}};
}

json to_json(const Comparison& comparison) {
    json metrics = json::object();
    for (const auto& [name, effect] : comparison.metrics) metrics[name] = to_json(effect);
    return {{"pairs", comparison.pairs},
            {"blocks", comparison.blocks},
            {"noise_floor", or_null(comparison.noise_floor)},
            {"metrics", std::move(metrics)}};
}

json to_json(const Sweep& sweep) {
    json steps = json::array();
    for (const statistics::SweepStep& step : sweep.steps) steps.push_back(to_json(step));
    return {{"ceiling", sweep.ceiling},
            {"steps", std::move(steps)},
            {"knee", to_json(sweep.knee)},
            {"hysteresis", to_json(sweep.hysteresis)},
            {"recovery", to_json(sweep.recovery)}};
}

json to_json(const CheckedThreshold& threshold) {
    return {{"metric", threshold.metric},
            {"minimum", or_null(threshold.minimum)},
            {"maximum", or_null(threshold.maximum)},
            {"on_fail", threshold.on_fail},
            {"value", or_null(threshold.value)},
            {"passed", threshold.passed},
            {"measurement", or_null(threshold.measurement)},
            {"at", or_null(threshold.at)},
            {"aborted", threshold.aborted},
            {"regression", to_json(threshold.regression)}};
}

json environment_json(const elytra::bench::Environment& environment,
                      const elytra::bench::SystemLoad& at_start) {
    json facts = elytra::bench::to_json(environment);
    // Members and generator are on one machine.
    facts["network"] = "loopback";
    facts["psi_start"] = elytra::bench::to_json(at_start);
    return facts;
}

std::string iso_time(elytra::WallTime time) {
    const std::chrono::sys_seconds seconds(
        std::chrono::seconds(time.nanoseconds / elytra::nanoseconds_per_second));
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

json with_valid_text(const json& document) {
    return json::parse(document.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace elytractl::report
