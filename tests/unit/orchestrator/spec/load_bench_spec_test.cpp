#include "orchestrator/spec/load_bench_spec.hpp"

#include <string>

#include <doctest/doctest.h>

#include "orchestrator/spec/check.hpp"
#include "orchestrator/spec/start_file.hpp"
#include "server/common/prng.hpp"

using namespace elytractl::spec;
using elytra::bench::ArrivalModel;
using elytra::bench::ArrivalProcess;
using elytra::bench::RateStretch;
using elytra::bench::UnitKind;

namespace {

elytra::Result<BenchSpec, Problems> build(std::string_view text) {
    const auto document = read_document(text, "f");
    REQUIRE(document.has_value());
    const Problems problems = check(*document, Extent::whole);
    if (!problems.empty()) FAIL_CHECK(to_text(problems[0]));
    return build_bench_spec(*document);
}

// Of a file with one cell that is right.
Cell cell_of(std::string_view text) {
    const auto spec = build(text);
    if (!spec.has_value()) FAIL_CHECK(to_text(spec.error()[0]));
    REQUIRE(spec.has_value());
    REQUIRE(spec->cells.size() == 1);
    return spec->cells[0];
}

elytra::bench::ArrivalOptions arrival_of(std::string_view arrival) {
    return cell_of(R"({"load": {"arrival": )" + std::string(arrival) + "}}").traffic.arrival;
}

}  // namespace

TEST_CASE("without layers a run file means what BenchSpec says by default") {
    const auto spec = load_bench_spec({});
    REQUIRE(spec.has_value());
    REQUIRE(spec->cells.size() == 1);
    const Cell& cell = spec->cells[0];
    const ClusterSpec cluster;
    const MeasureSpec measure;
    const elytra::bench::TrafficOptions traffic;
    CHECK(cell.values.empty());
    CHECK(cell.rate_fractions.empty());
    CHECK(cell.cluster.replicas == cluster.replicas);
    CHECK(cell.cluster.lifetime == cluster.lifetime);
    CHECK(cell.cluster.directory == cluster.directory);
    CHECK(cell.cluster.start_flags == cluster.start_flags);
    CHECK(cell.cluster.ready_timeout_nanoseconds == cluster.ready_timeout_nanoseconds);
    CHECK(cell.cluster.stop_timeout_nanoseconds == cluster.stop_timeout_nanoseconds);
    CHECK(cell.measure.warmup.until_steady == measure.warmup.until_steady);
    CHECK(cell.measure.warmup.slope == doctest::Approx(measure.warmup.slope));
    CHECK(cell.measure.warmup.deviation == doctest::Approx(measure.warmup.deviation));
    CHECK(cell.measure.warmup.ramp_nanoseconds == measure.warmup.ramp_nanoseconds);
    CHECK(cell.cluster.binary == cluster.binary);
    CHECK(cell.measure.warmup.window_nanoseconds == measure.warmup.window_nanoseconds);
    CHECK(cell.measure.warmup.minimum_nanoseconds == measure.warmup.minimum_nanoseconds);
    CHECK(cell.measure.warmup.maximum_nanoseconds == measure.warmup.maximum_nanoseconds);
    CHECK(cell.measure.duration_nanoseconds == measure.duration_nanoseconds);
    CHECK(cell.measure.cover_checkpoints == measure.cover_checkpoints);
    CHECK(cell.measure.observe == measure.observe);
    CHECK(cell.measure.repeat == measure.repeat);
    CHECK(cell.measure.percentiles == measure.percentiles);
    CHECK(cell.traffic.arrival == traffic.arrival);
    CHECK(cell.traffic.mix == traffic.mix);
    CHECK(cell.traffic.clients == traffic.clients);
    CHECK(cell.traffic.threads == traffic.threads);
    CHECK(cell.traffic.batch_max == traffic.batch_max);
    CHECK(cell.traffic.linger_nanoseconds == traffic.linger_nanoseconds);
    CHECK(cell.traffic.backlog_max == traffic.backlog_max);
    CHECK(cell.traffic.late_nanoseconds == traffic.late_nanoseconds);
    CHECK(cell.traffic.interval_nanoseconds == traffic.interval_nanoseconds);
    CHECK(cell.traffic.audit == traffic.audit);
    CHECK(cell.traffic.workload.account_count == traffic.workload.account_count);
    CHECK(cell.traffic.workload.seed == traffic.workload.seed);
    CHECK(cell.traffic.workload.id_order == traffic.workload.id_order);
    CHECK(spec->report.directory == ReportSpec{}.directory);
    CHECK(spec->report.formats == ReportSpec{}.formats);
    CHECK(spec->thresholds.empty());
}

TEST_CASE("flags of start keep their order, lose false and get hyphens") {
    const Cell cell = cell_of(R"({"cluster": {"start": {"development": true,
        "cache_grid": "256MiB", "limit": 5, "log_debug": false}}})");
    REQUIRE(cell.cluster.start_flags.size() == 3);
    CHECK(cell.cluster.start_flags[0] == StartFlag{"development", ""});
    CHECK(cell.cluster.start_flags[1] == StartFlag{"cache-grid", "256MiB"});
    CHECK(cell.cluster.start_flags[2] == StartFlag{"limit", "5"});
}

TEST_CASE("a rate or a shape makes the loop open") {
    CHECK(arrival_of(R"({"think": "5ms"})").model == ArrivalModel::closed);
    CHECK(arrival_of(R"({"think": "5ms"})").think_nanoseconds == 5'000'000);

    const auto flat = arrival_of(R"({"rate": "150k/s", "process": "constant"})");
    CHECK(flat.model == ArrivalModel::open);
    CHECK(flat.process == ArrivalProcess::constant);
    REQUIRE(flat.stretches.size() == 1);
    CHECK(flat.stretches[0].rate_begin == 150'000);
    CHECK(flat.stretches[0].rate_end == 150'000);
    CHECK(flat.stretches[0].nanoseconds > 0);

    const auto shape = arrival_of(R"({"shape": [{"from": 0, "to": "80k/s", "for": "20s"},
        {"rate": "80k/s", "for": "1m"}, {"rate": 1000, "for": "100ms"}]})");
    CHECK(shape.process == ArrivalProcess::poisson);
    CHECK(shape.stretches == std::vector<RateStretch>{{0, 80'000, 20'000'000'000},
                                                      {80'000, 80'000, 60'000'000'000},
                                                      {1000, 1000, 100'000'000}});

    const auto sine = arrival_of(
        R"({"shape": [{"mean": "100k/s", "amplitude": "50k/s", "period": "10s", "for": "1m"}]})");
    CHECK(sine.stretches ==
          std::vector<RateStretch>{{100'000, 100'000, 60'000'000'000, 50'000, 10'000'000'000}});
}

TEST_CASE("an automatic rate is fractions of a maximum that is measured first") {
    const Cell cell = cell_of(R"({"load": {"arrival": {"rate": "auto", "steps": [0.5, "90%"]}}})");
    CHECK(cell.traffic.arrival.model == ArrivalModel::open);
    CHECK(cell.traffic.arrival.stretches.empty());
    CHECK(cell.rate_fractions == std::vector<double>{0.5, 0.9});
    CHECK(cell_of(R"({"load": {"arrival": {"rate": "auto"}}})").rate_fractions.size() == 3);
}

TEST_CASE("plain transfers are what the other kinds leave") {
    const auto mix = cell_of(R"({"load": {"mix": {"linked": "10%", "query": 0.005}}})").traffic.mix;
    CHECK(mix.share(UnitKind::plain) == 895);
    CHECK(mix.share(UnitKind::linked) == 100);
    CHECK(mix.share(UnitKind::query) == 5);
}

TEST_CASE("hot accounts are a number and a percentage") {
    const auto workload =
        cell_of(R"({"load": {"distribution": "hot", "hot": {"accounts": 3, "percent": 80}}})")
            .traffic.workload;
    CHECK(workload.account_count_hot == 3);
    CHECK(workload.transfer_hot_percent == 80);
    CHECK(cell_of(R"({"load": {"distribution": "latest"}})").traffic.workload.account_count_hot ==
          0);
}

TEST_CASE("thresholds are converted into the unit of their metric") {
    const auto spec = build(R"({"thresholds": [
        {"metric": "batch.p99", "max": "40ms"}, {"metric": "throughput", "min": "100k/s"},
        {"metric": "load.late_fraction", "max": "0.1%", "on_fail": "invalid"},
        {"metric": "member.rss_max", "min": 5, "max": "2GiB"},
        {"metric": "member.ready_ms", "max": "1.5s"}]})");
    REQUIRE(spec.has_value());
    REQUIRE(spec->thresholds.size() == 5);
    CHECK(*spec->thresholds[4].maximum == 1500);
    CHECK(*spec->thresholds[0].maximum == 40'000);
    CHECK_FALSE(spec->thresholds[0].minimum.has_value());
    CHECK(*spec->thresholds[1].minimum == 100'000);
    CHECK(*spec->thresholds[2].maximum == doctest::Approx(0.001));
    CHECK(spec->thresholds[2].on_fail == ThresholdFailure::invalid);
    CHECK(*spec->thresholds[3].maximum == 2147483648.0);
}

TEST_CASE("a threshold may end the run, be about a step, or follow from earlier runs") {
    const auto spec = build(R"({"load": {"arrival": {"rate": "auto", "steps": ["50%", 0.7]}},
        "thresholds": [{"metric": "batch.p99", "max": "40ms", "at": "70%", "abort": true},
        {"metric": "throughput", "regression": {"against": "tag:main", "worse_than": "noise+2%"}},
        {"metric": "throughput", "regression": {"against": "run:42", "worse_than": "5%"}},
        {"metric": "throughput", "regression": {"against": "last", "worse_than": "noise"}}]})");
    REQUIRE(spec.has_value());
    const std::vector<Threshold>& all = spec->thresholds;
    REQUIRE(all.size() == 4);
    CHECK(all[0].abort);
    CHECK(all[0].at == 0.7);
    CHECK_FALSE(all[0].regression.has_value());
    CHECK_FALSE(all[1].abort);
    CHECK(all[1].regression->against == "tag:main");
    CHECK(all[1].regression->noise);
    CHECK(all[1].regression->allowance == doctest::Approx(0.02));
    CHECK_FALSE(all[2].regression->noise);
    CHECK(all[2].regression->allowance == doctest::Approx(0.05));
    CHECK(all[3].regression->noise);
    CHECK(all[3].regression->allowance == 0);
}

TEST_CASE("a matrix makes a cell of every combination but the excluded ones") {
    const auto spec = build(R"({"matrix": {"/load/clients": [1, 4],
        "/load/arrival": [{"model": "closed"}, {"rate": "5k/s"}],
        "/cluster/start/cache_grid": ["1GiB"],
        "exclude": [{"/load/clients": 4, "/load/arrival": {"rate": "5k/s"}}]}})");
    REQUIRE(spec.has_value());
    REQUIRE(spec->cells.size() == 3);
    CHECK(spec->cells[0].traffic.clients == 1);
    CHECK(spec->cells[0].traffic.arrival.model == ArrivalModel::closed);
    CHECK(spec->cells[1].traffic.clients == 1);
    CHECK(spec->cells[1].traffic.arrival.model == ArrivalModel::open);
    CHECK(spec->cells[2].traffic.clients == 4);
    CHECK(spec->cells[2].values.at("/load/clients") == "4");
    CHECK(spec->cells[2].values.at("/load/arrival") == R"({"model":"closed"})");
    CHECK(spec->cells[2].cluster.start_flags[0] == StartFlag{"cache-grid", "1GiB"});
}

TEST_CASE("what does not go together is refused where it was written") {
    struct Row {
        std::string_view text;
        std::string_view problem;
    };

    const Row rows[] = {
        {R"({"load": {"threads": 2}})",
         "f:1:22: /load/threads (2): must be at most /load/clients, which is 1"},
        {R"({"load": {"batch_max": 3, "mix": {"linked": "1%"}}})",
         "f:1:24: /load/batch_max (3): must be at least 4, so that a chain of linked transfers "
         "fits"},
        {R"({"load": {"backlog_max": 8188}})",
         "f:1:26: /load/backlog_max (8188): must be at least one batch for each thread, which is "
         "8189"},
        {R"({"load": {"hot": {"accounts": 3}}})",
         "f:1:18: /load/hot ({\"accounts\":3}): means nothing unless /load/distribution is "
         "\"hot\""},
        {R"({"load": {"accounts": 9, "distribution": "hot"}})",
         "f:1:10: /load/hot/accounts (16): must be below /load/accounts, which is 9"},
        {R"({"load": {"mix": {"linked": "60%", "query": "50%"}}})",
         "f:1:18: /load/mix ({\"linked\":\"60%\",\"query\":\"50%\"}): the shares add up to more "
         "than 100%"},
        {R"({"load": {"mix": {"plain": "60%", "query": "50%"}}})",
         "f:1:28: /load/mix/plain (\"60%\"): the shares must add up to 100%; the others leave "
         "50.0%"},
        {R"({"load": {"mix": {"query": "0.05%"}}})",
         "f:1:28: /load/mix/query (\"0.05%\"): must be a whole number of tenths of a percent"},
        {R"({"load": {"arrival": {"model": "closed", "rate": 5}}})",
         "f:1:50: /load/arrival/rate (5): means nothing in a closed loop; remove it, or set "
         "/load/arrival/model to \"open\""},
        {R"({"load": {"arrival": {"model": "open"}}})",
         "f:1:22: /load/arrival ({\"model\":\"open\"}): an open loop needs a rate or a shape"},
        {R"({"load": {"arrival": {"rate": 5, "think": "1ms"}}})",
         "f:1:43: /load/arrival/think (\"1ms\"): means nothing in an open loop; remove it"},
        {R"({"load": {"arrival": {"rate": 5, "steps": [1]}}})",
         "f:1:43: /load/arrival/steps ([1]): means nothing unless rate is \"auto\""},
        {R"({"load": {"arrival": {"shape": [{"rate": 5}]}}})",
         "f:1:33: /load/arrival/shape/0 ({\"rate\":5}): needs rate and for, or from, to and for, "
         "or "
         "mean, amplitude, period and for"},
        {R"({"load": {"arrival": {
            "shape": [{"mean": 5, "amplitude": 6, "period": "1s", "for": "1s"}]}}})",
         "f:2:48: /load/arrival/shape/0/amplitude (6): must not be above mean: a rate below 0 does "
         "not exist"},
        {R"({"load": {"arrival": {"shape": [{"mean": 5, "rate": 6, "for": "1s"}]}}})",
         "f:1:33: /load/arrival/shape/0 ({\"mean\":5,\"rate\":6,\"for\":\"1s\"}): needs rate and "
         "for, or from, to and for, or mean, amplitude, period and for"},
        {R"({"load": {"arrival": {"shape": [{"rate": 0, "for": "1s"}]}}})",
         "f:1:32: /load/arrival/shape ([{\"rate\":0,\"for\":\"1s\"}]): nothing ever arrives"},
        {R"({"measure": {"warmup": {"min": "5s", "max": "4s"}}})",
         "f:1:32: /measure/warmup/min (\"5s\"): must not be above /measure/warmup/max"},
        {R"({"measure": {"warmup": {"window": "5s", "max": "4s"}}})",
         "f:1:35: /measure/warmup/window (\"5s\"): must not be above /measure/warmup/max"},
        {R"({"measure": {"interval": "1s"}})",
         "f:1:13: /measure/warmup/window (\"3s\"): must be at least 4 times /measure/interval"},
        {R"({"measure": {"warmup": {"until": "time", "slope": "1%"}}})",
         "f:1:51: /measure/warmup/slope (\"1%\"): means nothing with until \"time\""},
        {R"({"measure": {"duration": "200ms"}})",
         "f:1:26: /measure/duration (\"200ms\"): must be at least /measure/interval"},
        {R"({"thresholds": [{"max": 1}]})", "f:1:17: /thresholds/0 ({\"max\":1}): needs a metric"},
        {R"({"thresholds": [{"metric": "batch.p95", "max": 1}]})",
         "f:1:28: /thresholds/0/metric (\"batch.p95\"): needs 95 in /measure/percentiles"},
        {R"({"thresholds": [{"metric": "throughput"}]})",
         "f:1:17: /thresholds/0 ({\"metric\":\"throughput\"}): needs min, max or both, or a "
         "regression"},
        {R"({"thresholds": [{"metric": "throughput", "min": null}]})",
         "f:1:17: /thresholds/0 ({\"metric\":\"throughput\",\"min\":null}): needs min, max or "
         "both, "
         "or a regression"},
        {R"({"thresholds": [{"metric": null, "max": 1}]})",
         "f:1:17: /thresholds/0 ({\"metric\":null,\"max\":1}): needs a metric"},
        {R"({"thresholds": [{"metric": "throughput", "min": 1, "at": 0.7}]})",
         "f:1:58: /thresholds/0/at (0.7): must be one of /load/arrival/steps, with "
         "/load/arrival/rate \"auto\""},
        {R"({"load": {"arrival": {"rate": "auto", "steps": [0.5]}},
            "thresholds": [{"metric": "throughput", "min": 1, "at": "70%"}]})",
         "f:2:69: /thresholds/0/at (\"70%\"): must be one of /load/arrival/steps, with "
         "/load/arrival/rate \"auto\""},
        {R"({"thresholds": [{"metric": "throughput", "abort": true,
            "regression": {"against": "last", "worse_than": "5%"}}]})",
         "f:1:51: /thresholds/0/abort (true): does not go with regression; make it a threshold of "
         "its own"},
        {R"({"thresholds": [{"metric": "throughput", "max": 1,
            "regression": {"against": "last", "worse_than": "5%"}}]})",
         "f:1:49: /thresholds/0/max (1): does not go with regression; make it a threshold of its "
         "own"},
        {R"({"thresholds": [{"metric": "throughput", "regression": {"against": "last"}}]})",
         "f:1:56: /thresholds/0/regression ({\"against\":\"last\"}): needs against and worse_than"},
        {R"({"thresholds": [{"metric": "throughput",
            "regression": {"against": "main", "worse_than": "5%"}}]})",
         "f:2:39: /thresholds/0/regression/against (\"main\"): must be tag:TAG, run:RUN or last"},
        {R"({"thresholds": [{"metric": "throughput",
            "regression": {"against": "tag:main", "worse_than": "noise2%"}}]})",
         "f:2:65: /thresholds/0/regression/worse_than (\"noise2%\"): must be a percentage below "
         "100% such as \"5%\", or \"noise\", or \"noise+2%\""},
        {R"({"thresholds": [{"metric": "throughput", "max": "4ms"}]})",
         "f:1:49: /thresholds/0/max (\"4ms\"): does not fit throughput: \"ms\" is not a unit; "
         "write /s, k/s or M/s, for example 150k/s"},
        {R"({"thresholds": [{"metric": "throughput", "min": 2, "max": 1}]})",
         "f:1:17: /thresholds/0 ({\"metric\":\"throughput\",\"min\":2,\"max\":1}): min must not "
         "be above max"},
        {R"({"matrix": {"/load/clients": [1], "exclude": [{"/load/clients": 1}]}})",
         "f:1:2: /matrix: every combination is excluded"},
        {R"({"matrix": {"/load/clients": [4, 2], "/load/threads": [2, 3]}})",
         "f:1:59: /load/threads (3): must be at most /load/clients, which is 2"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto spec = build(row.text);
        REQUIRE_FALSE(spec.has_value());
        CHECK(spec.error().size() == 1);
        CHECK(to_text(spec.error()[0]) == row.problem);
    }
}

TEST_CASE("a matrix has a bound") {
    std::string values = "[1";
    for (int seed = 2; seed <= 40; ++seed) values += ", " + std::to_string(seed);
    values += "]";
    const auto spec =
        build(R"({"matrix": {"/load/seed": )" + values + R"(, "/load/clients": )" + values + "}}");
    REQUIRE_FALSE(spec.has_value());
    CHECK(to_text(spec.error()[0]) == "f:1:2: /matrix: has more than 1000 combinations");
}

TEST_CASE("damaged run files are refused, or mean something, and never end the program") {
    constexpr std::string_view letters = "{}[]\",:0123456789.-+eE%/ msautonlr\\\x01\xff";
    const std::string_view files[] = {
        start_file(),
        R"({"load": {"arrival": {"shape": [{"from": 0, "to": "80k/s", "for": "20s"}]},
            "mix": {"linked": "10%"}, "distribution": "hot", "hot": {"accounts": 3}},
            "thresholds": [{"metric": "batch.p99", "min": 1, "max": "40ms"}, {"metric":
            "throughput", "regression": {"against": "tag:a", "worse_than": "noise+1%"}}],
            "matrix": {"/load/clients": [1, 4], "/cluster/start/limit": ["1", 2, true],
                       "exclude": [{"/load/clients": 4}]}})"};
    elytra::Prng prng(7);
    std::size_t valid = 0;
    for (std::size_t round = 0; round < 20'000; ++round) {
        std::string text(files[round % 2]);
        for (std::uint64_t damage = prng.between(1, 3); damage > 0; --damage) {
            const std::size_t at = prng.below(text.size());
            if (prng.chance(1, 3)) {
                text.erase(at, prng.between(1, 5));
            } else {
                text[at] = letters[prng.below(letters.size())];
            }
            if (text.empty()) text = "0";
        }
        const auto document = read_document(text, "f");
        if (!document.has_value() || !check(*document, Extent::whole).empty()) continue;
        valid += build_bench_spec(*document).has_value() ? 1U : 0U;
    }
    CHECK(valid > 100);
}
