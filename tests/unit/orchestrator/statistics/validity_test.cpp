#include "orchestrator/statistics/validity.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/statistics/noise.hpp"

using namespace elytractl::statistics;

namespace {

MeasurementFacts sound() {
    elytra::Prng prng(1);
    MeasurementFacts facts;
    facts.open_loop = true;
    facts.seconds = 10;
    facts.seconds_clock = 10.02;
    facts.events_offered = 1'000'000;
    facts.events_answered = 1'000'000;
    facts.events_recorded = 1'000'000;
    facts.requests_recorded = 20'000;
    facts.response_p99 = 20'000;
    facts.lag_p99 = 500;
    facts.generator_busy = 0.3;
    facts.generator_ceiling = 1'500'000;
    facts.throughput_series = test::noise(prng, 40, 0.03);
    facts.p99_series = test::noise(prng, 40, 0.1);
    facts.pressure_cpu_before = 0.01;
    facts.steal = 0;
    facts.governor = "performance";
    facts.processors = 8;
    facts.replicas = 3;
    facts.generator_threads = 2;
    facts.percentiles = {50, 99, 99.9};
    return facts;
}

struct Row {
    std::string code;
    Severity severity;
    std::function<void(MeasurementFacts&)> spoil;
};

const std::vector<Row>& spoiled() {
    using Facts = MeasurementFacts;
    static const std::vector<Row> rows{
        {"measurement_incomplete", Severity::invalid, [](Facts& f) { f.complete = false; }},
        {"wrong_answers", Severity::invalid, [](Facts& f) { f.answers_wrong = true; }},
        {"generator_saturated", Severity::invalid, [](Facts& f) { f.generator_busy = 0.95; }},
        {"generator_saturated", Severity::care, [](Facts& f) { f.generator_busy = 0.75; }},
        {"driver_saturated", Severity::invalid, [](Facts& f) { f.driver_busy = 0.95; }},
        {"driver_saturated", Severity::care, [](Facts& f) { f.driver_busy = 0.75; }},
        {"generator_near_ceiling", Severity::invalid,
         [](Facts& f) { f.generator_ceiling = 190'000; }},
        {"generator_lag", Severity::invalid, [](Facts& f) { f.lag_p99 = 2'100; }},
        {"rate_not_reached", Severity::invalid, [](Facts& f) { f.events_answered = 931'000; }},
        {"events_late", Severity::care, [](Facts& f) { f.events_late = 11'000; }},
        {"events_dropped", Severity::care, [](Facts& f) { f.events_dropped = 1; }},
        {"events_dropped", Severity::invalid, [](Facts& f) { f.events_dropped = 11'000; }},
        {"drain_cut", Severity::care, [](Facts& f) { f.events_unanswered = 10; }},
        {"drain_cut", Severity::invalid, [](Facts& f) { f.events_unanswered = 1'100; }},
        {"never_steady", Severity::care, [](Facts& f) { f.steady = false; }},
        {"change_point", Severity::care,
         [](Facts& f) {
             for (std::size_t at = 25; at < 40; ++at) f.throughput_series[at] *= 0.8;
         }},
        {"not_observed", Severity::care, [](Facts& f) { f.observed = false; }},
        {"busy_before", Severity::care, [](Facts& f) { f.pressure_cpu_before = 0.59; }},
        {"busy_before", Severity::care, [](Facts& f) { f.pressure_io_before = 0.2; }},
        {"memory_pressure", Severity::care, [](Facts& f) { f.pressure_memory = 0.05; }},
        {"foreign_process", Severity::care,
         [](Facts& f) {
             f.disturbers = {{"cc1plus", 4711, 0.11}};
         }},
        {"steal", Severity::care, [](Facts& f) { f.steal = 0.02; }},
        {"steal", Severity::invalid, [](Facts& f) { f.steal = 0.2; }},
        {"governor", Severity::care, [](Facts& f) { f.governor = "powersave"; }},
        {"cores_shared", Severity::care, [](Facts& f) { f.processors = 4; }},
        {"cores_shared", Severity::care, [](Facts& f) { f.drivers = 4; }},
        {"slow_build", Severity::care, [](Facts& f) { f.slow_build = true; }},
        {"too_few_samples", Severity::care, [](Facts& f) { f.requests_recorded = 999; }},
        {"too_few_samples", Severity::care, [](Facts& f) { f.percentiles.push_back(99.9999); }},
        {"coverage", Severity::inconclusive, [](Facts& f) { f.checkpoints_asked = 3; }},
        {"histogram_total", Severity::invalid, [](Facts& f) { f.events_recorded = 900'000; }},
        {"clock", Severity::invalid, [](Facts& f) { f.seconds_clock = 12; }},
        {"bandwidth", Severity::invalid, [](Facts& f) { f.event_bytes = 1e6; }},
    };
    return rows;
}

}  // namespace

TEST_CASE("a sound measurement is usable without reasons") {
    const Verdict verdict = judge_measurement(sound());
    CHECK(verdict.usability == Usability::usable);
    CHECK(verdict.reasons.empty());
}

TEST_CASE("every weakness is named by one reason with its severity") {
    for (const Row& row : spoiled()) {
        CAPTURE(row.code);
        MeasurementFacts facts = sound();
        row.spoil(facts);
        const Verdict verdict = judge_measurement(facts);
        REQUIRE(verdict.reasons.size() == 1);
        CHECK(verdict.reasons.front().code == row.code);
        CHECK(verdict.reasons.front().severity == row.severity);
        CHECK(verdict.reasons.front().text.ends_with("."));
    }
}

TEST_CASE("a rate that is not reached is told with both numbers") {
    MeasurementFacts facts = sound();
    facts.events_offered = 1'170'000;
    facts.events_recorded = 1'170'000;
    facts.events_answered = 1'090'000;
    CHECK(judge_measurement(facts).reasons.front().text ==
          "Offered 117000/s, served 109000/s: the queue grew and latencies are unbounded; lower "
          "the rate.");
}

TEST_CASE("other processes are named from a tenth of a processor on") {
    MeasurementFacts facts = sound();
    facts.disturbers = {{"cc1plus", 4711, 0.98}, {"ninja", 12, 0.25}, {"cron", 7, 0.1}};
    const Verdict verdict = judge_measurement(facts);
    REQUIRE(verdict.reasons.size() == 1);
    CHECK(verdict.reasons.front().text ==
          "Others used the processors while measured, in parts of one: cc1plus (process 4711) "
          "98 %, ninja (process 12) 25 %.");
    facts.disturbers = {{"cron", 7, 0.1}};
    CHECK(judge_measurement(facts).reasons.empty());
}

TEST_CASE("what only an open loop can be blamed for is not held against a closed one") {
    MeasurementFacts facts = sound();
    facts.open_loop = false;
    facts.lag_p99 = 20'000;
    facts.events_late = 500'000;
    CHECK(judge_measurement(facts).usability == Usability::usable);
}

TEST_CASE("nothing answered is invalid") {
    MeasurementFacts facts = sound();
    facts.events_answered = 0;
    CHECK(judge_measurement(facts).usability == Usability::invalid);
}

TEST_CASE("the worst reason decides and comes first") {
    const Verdict verdict = verdict_of({{"a", Severity::care, "A."},
                                        {"b", Severity::invalid, "B."},
                                        {"c", Severity::inconclusive, "C."}});
    CHECK(verdict.usability == Usability::invalid);
    CHECK(verdict.reasons.front().code == "b");
    CHECK(
        verdict_of({{"c", Severity::inconclusive, "C."}, {"a", Severity::care, "A."}}).usability ==
        Usability::inconclusive);
    CHECK(usability_name(Usability::usable_with_care) == "USABLE WITH CARE");
}

TEST_CASE("a run names each reason once and how many measurements it concerns") {
    const Verdict clean;
    const Verdict careful = verdict_of({{"steal", Severity::care, "Little."}});
    const Verdict broken = verdict_of({{"steal", Severity::invalid, "Much."}});
    const std::vector<Verdict> measurements{clean, careful, broken};
    const Verdict run =
        judge_run(measurements, {{"threshold", Severity::invalid, "A bound was not kept."}});
    CHECK(run.usability == Usability::invalid);
    REQUIRE(run.reasons.size() == 2);
    CHECK(run.reasons[0].code == "threshold");
    CHECK(run.reasons[1].text == "In 2 of 3 measurements: Much.");
    CHECK(judge_run({}).usability == Usability::usable);
    CHECK(judge_run(std::vector<Verdict>{broken}).reasons[0].text == "Much.");
}
