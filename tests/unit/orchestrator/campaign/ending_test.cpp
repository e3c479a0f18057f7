#include "orchestrator/campaign/ending.hpp"

#include <doctest/doctest.h>

using namespace elytractl;
using campaign::EndFacts;
using campaign::Interruption;
using campaign::Measured;
using run::ExitCode;

namespace {

const statistics::Verdict usable{};

report::CheckedThreshold broken_bound(const char* on_fail) {
    report::CheckedThreshold threshold;
    threshold.on_fail = on_fail;
    threshold.passed = false;
    return threshold;
}

report::Comparison comparison_of(statistics::Difference difference) {
    report::Comparison comparison;
    comparison.metrics["throughput"].difference = difference;
    comparison.metrics["throughput"].sentence = "about 4 more pairs are needed";
    return comparison;
}

ExitCode end_of(const Measured& one, const Interruption* interruption = nullptr) {
    return campaign::judge_end(
        {.measured = {&one, 1}, .verdict = usable, .thresholds = {}, .interruption = interruption});
}

}  // namespace

TEST_CASE("how a measurement ended decides the status") {
    struct Row {
        run::Completion completion;
        ExitCode code;
    };

    const Row rows[] = {{run::Completion::complete, ExitCode::success},
                        {run::Completion::member_failed, ExitCode::member_died},
                        {run::Completion::timed_out, ExitCode::timed_out},
                        {run::Completion::load_failed, ExitCode::unclassified},
                        {run::Completion::interrupted, ExitCode::interrupted}};
    for (const Row& row : rows) {
        Measured one;
        one.completion = row.completion;
        CHECK(end_of(one) == row.code);
    }
}

TEST_CASE("a server that had to be killed at the end is told by the status, if nothing worse is") {
    Measured one;
    one.hung = true;
    CHECK(end_of(one) == ExitCode::timed_out);
    one.answers_wrong = true;
    CHECK(end_of(one) == ExitCode::check_failed);
}

TEST_CASE("wrong answers outweigh everything but the wish to end") {
    Measured one;
    one.answers_wrong = true;
    one.completion = run::Completion::member_failed;
    CHECK(end_of(one) == ExitCode::check_failed);
    const Interruption refused{.code = ExitCode::refused, .text = "not ours"};
    CHECK(end_of(one, &refused) == ExitCode::check_failed);
    const Interruption interrupted{.code = ExitCode::interrupted, .text = "interrupted"};
    CHECK(end_of(one, &interrupted) == ExitCode::interrupted);
}

TEST_CASE("an invalid run says nothing about bounds and regressions") {
    const Measured one;
    const statistics::Verdict invalid{.usability = statistics::Usability::invalid, .reasons = {}};
    const report::CheckedThreshold bound = broken_bound("fail");
    const report::Comparison worse = comparison_of(statistics::Difference::worse);
    EndFacts facts{
        .measured = {&one, 1}, .verdict = invalid, .thresholds = {&bound, 1}, .comparison = &worse};
    CHECK(campaign::judge_end(facts) == ExitCode::run_invalid);
    const EndFacts valid{
        .measured = {&one, 1}, .verdict = usable, .thresholds = {&bound, 1}, .comparison = &worse};
    CHECK(campaign::judge_end(valid) == ExitCode::threshold_failed);
    const EndFacts compared{
        .measured = {&one, 1}, .verdict = usable, .thresholds = {}, .comparison = &worse};
    CHECK(campaign::judge_end(compared) == ExitCode::regression);
}

TEST_CASE("a comparison without a decision makes a run inconclusive, with its sentence") {
    const report::Comparison undecided = comparison_of(statistics::Difference::undecided);
    const auto reasons = campaign::run_reasons({}, &undecided, {});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].severity == statistics::Severity::inconclusive);
    CHECK(reasons[0].text == "about 4 more pairs are needed");
    const report::Comparison better = comparison_of(statistics::Difference::better);
    CHECK(campaign::run_reasons({}, &better, {}).empty());
}

TEST_CASE("where the rate was given latency decides, otherwise throughput, and no other metric") {
    report::Comparison comparison = comparison_of(statistics::Difference::none);
    comparison.metrics["event.p99"].difference = statistics::Difference::worse;
    Measured one;
    CHECK(campaign::judge_end({.measured = {&one, 1},
                               .verdict = usable,
                               .thresholds = {},
                               .comparison = &comparison}) == ExitCode::success);
    one.rate = 1000;
    CHECK(campaign::judge_end({.measured = {&one, 1},
                               .verdict = usable,
                               .thresholds = {},
                               .comparison = &comparison}) == ExitCode::regression);
}

TEST_CASE("a bound that invalidates a run is a reason against it") {
    const report::CheckedThreshold bound = broken_bound("invalid");
    const auto reasons = campaign::run_reasons({&bound, 1}, nullptr, {});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].severity == statistics::Severity::invalid);
}

TEST_CASE("a regression has its own status, after bounds and before what is undecided") {
    const Measured one;
    report::CheckedThreshold worse = broken_bound("regression");
    worse.regression = report::CheckedRegression{};
    report::CheckedThreshold undecided = worse;
    undecided.metric = "throughput";
    undecided.regression->against = "tag:main";
    undecided.regression->undecided = "the noise is unknown";
    const auto end = [&](std::vector<report::CheckedThreshold> thresholds) {
        const statistics::Verdict verdict =
            statistics::judge_run({}, campaign::run_reasons(thresholds, nullptr, {&one, 1}));
        return campaign::judge_end(
            {.measured = {&one, 1}, .verdict = verdict, .thresholds = thresholds});
    };
    CHECK(end({worse}) == ExitCode::regression);
    CHECK(end({undecided}) == ExitCode::inconclusive);
    CHECK(end({undecided, worse}) == ExitCode::regression);
    CHECK(end({worse, broken_bound("fail")}) == ExitCode::threshold_failed);
    const auto reasons = campaign::run_reasons({&undecided, 1}, nullptr, {&one, 1});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].text == "throughput against tag:main is undecided: the noise is unknown");
}

TEST_CASE("a run that a bound has ended says after which measurement") {
    report::CheckedThreshold broken = broken_bound("fail");
    broken.metric = "batch.p99";
    broken.measurement = 1;
    broken.aborted = true;
    const auto reasons = campaign::run_reasons({&broken, 1}, nullptr, {});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].severity == statistics::Severity::care);
    CHECK(reasons[0].text == "The bound on batch.p99 ended the run after measurement 2");
}
