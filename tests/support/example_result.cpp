#include "tests/support/example_result.hpp"

#include <string>

#include "orchestrator/report/measurement_json.hpp"
#include "orchestrator/report/result_json.hpp"
#include "tests/support/example_traffic.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

constexpr double percentiles[] = {50, 90, 99, 99.9, 99.99};

statistics::Verdict co_located() {
    return {
        .usability = statistics::Usability::usable_with_care,
        .reasons = {{.code = "cores_shared",
                     .severity = statistics::Severity::care,
                     .text = "3 replicas and the generator share 2 processors"},
                    {.code = "pressure_before",
                     .severity = statistics::Severity::care,
                     .text = "other work: CPU pressure was 59 % in the 10 s before the start"}}};
}

ResultParts common_parts() {
    ResultParts parts;
    parts.run = {.id = "0042-brisk-otter",
                 .kind = RunKind::bench,
                 .name = "laptop-3r",
                 .folder = "runs/0042-brisk-otter",
                 .state = RunState::complete,
                 .started = {.nanoseconds = 1'795'276'800ULL * elytra::nanoseconds_per_second},
                 .ended = elytra::WallTime{1'795'276'950ULL * elytra::nanoseconds_per_second},
                 .command = {"elytractl", "bench", "-n", "3", "--binary", "./elytra", "--rate",
                             "92k/s", "--repeat", "5"},
                 .elytractl = "0.1.0+abcdef0",
                 .seed = 42,
                 .config_sha256 = std::string(60, '7') + "c0de",
                 .exit_code = 0};
    parts.environment = environment_json(
        {.cpu_model = "AMD EPYC 7763 64-Core Processor",
         .cpu_count = 2,
         .cpu_online = 2,
         .threads_share_cores = false,
         .numa_nodes = 1,
         .cpu_governor = "",
         .cpu_turbo = "",
         .clock_source = "tsc",
         .kernel = "Linux 6.18.0 x86_64",
         .kernel_command_line = "quiet mitigations=auto",
         .vulnerabilities = {{"meltdown", "Not affected"},
                             {"spectre_v2", "Mitigation: Retpolines; IBPB: conditional"}},
         .ram_bytes = 25'232'932'864,
         .swap_bytes = 0,
         .huge_pages = "always [madvise] never",
         .file_system = "ext4",
         .mount_options = "rw,relatime",
         .block_device = "/dev/vda1",
         .block_scheduler = "[none] mq-deadline",
         .direct_io = true,
         .control_group = {.version = 2, .cpus = 1.5, .memory_bytes = std::nullopt},
         .compiler = "12.2.0",
         .build = "optimized",
         .assertions_slow = false},
        {.load_average = 0.4, .pressure_cpu = 59.0, .pressure_io = 0.3, .pressure_memory = 0.0});
    parts.subjects = {{.name = "",
                       .path = "./elytra",
                       .version = "Elytra version 0.1.0+abcdef0",
                       .sha256 = std::string(60, '5') + "a9d3",
                       .size = 1'845'120,
                       .release = "main"}};
    parts.plan = {{"kind", "bench"}, {"name", "laptop-3r"}};
    parts.verdict = co_located();
    return parts;
}

void check(ResultParts& parts, const std::string& metric, double maximum) {
    for (const json& measurement : parts.measurements) {
        const json& metrics = measurement["metrics"];
        CheckedThreshold threshold{.metric = metric,
                                   .minimum = {},
                                   .maximum = maximum,
                                   .on_fail = "fail",
                                   .value = {},
                                   .passed = false,
                                   .measurement = measurement["index"]};
        if (metrics.contains(metric)) {
            threshold.value = metrics[metric].get<double>();
            threshold.passed = *threshold.value <= maximum;
        }
        parts.thresholds.push_back(threshold);
    }
}

statistics::Comparison effect(double ratio, double half_width, statistics::Difference difference,
                              std::string verdict) {
    return {.pairs = 12,
            .ratio = ratio,
            .interval = statistics::Interval{.low = ratio - half_width, .high = ratio + half_width},
            .p_value = 0.004,
            .difference = difference,
            .bound = 0,
            .pairs_needed = 0,
            .verdict = std::move(verdict),
            .sentence = {}};
}

Comparison invented_comparison() {
    Comparison comparison{.pairs = 12, .blocks = {}, .noise_floor = 0.018, .metrics = {}};
    for (int block = 0; block < 12; ++block) {
        comparison.blocks.push_back(block % 3 == 0 ? std::vector<std::string>{"b", "a"}
                                                   : std::vector<std::string>{"a", "b"});
    }
    using statistics::Difference;
    comparison.metrics["throughput"] = effect(1.039, 0.0125, Difference::better, "better");
    comparison.metrics["throughput"].sentence = "b is better: throughput +3.9 %, 12 pairs";
    comparison.metrics["batch.p99"] = effect(0.938, 0.0285, Difference::better, "better");
    comparison.metrics["batch.p50"] =
        effect(0.991, 0.012, Difference::none, "no difference larger than 2.1 %");
    comparison.metrics["cost.cpu_us_per_event"] =
        effect(1.004, 0.03, Difference::undecided, "undecided");
    comparison.metrics["cost.cpu_us_per_event"].pairs_needed = 9;
    return comparison;
}

}  // namespace

json example_bench() {
    ResultParts parts = common_parts();
    for (std::uint32_t repeat = 0; repeat < 5; ++repeat) {
        parts.measurements.push_back(measurement_json(
            example_measurement({.index = repeat, .repeat = repeat, .members = 3, .rate = 92'000}),
            co_located(), percentiles));
    }
    check(parts, "batch.p99", 40'000);
    check(parts, "batch.max", 32'000);
    check(parts, "load.late_fraction", 0.001);
    return result_json(parts);
}

json example_comparison() {
    ResultParts parts = common_parts();
    parts.run.kind = RunKind::compare;
    parts.run.command = {"elytractl", "bench",          "compare", "--a", "./elytra-main",
                         "--b",       "./elytra-patch", "--pairs", "12"};
    parts.subjects = {parts.subjects[0], parts.subjects[0]};
    parts.subjects[0].name = "a";
    parts.subjects[0].path = "./elytra-main";
    parts.subjects[1].name = "b";
    parts.subjects[1].path = "./elytra-patch";
    parts.comparison = invented_comparison();
    for (std::uint32_t index = 0; index < 24; ++index) {
        const bool patched = index % 2 == 1;
        parts.measurements.push_back(measurement_json(
            example_measurement({.seed = 3,
                                 .index = index,
                                 .repeat = index / 2,
                                 .subject = patched ? "b" : "a",
                                 .rate = {},
                                 .capacity = patched ? 136'100.0 : 131'000.0,
                                 .service_milliseconds = patched ? 8.5 : 9.0,
                                 .measurement_seconds = 5}),
            {.usability = statistics::Usability::usable, .reasons = {}}, percentiles));
    }
    parts.verdict = {.usability = statistics::Usability::usable, .reasons = {}};
    return result_json(parts);
}

json example_sweep() {
    ResultParts parts = common_parts();
    parts.run.kind = RunKind::sweep;
    parts.run.command = {"elytractl", "bench", "sweep", "--slo", "p99=40ms"};
    Sweep sweep{.ceiling = 131'000,
                .steps = {},
                .knee = statistics::Knee{.rate = 117'900, .slo = "p99 <= 40 ms"},
                .hysteresis = {},
                .recovery = statistics::Recovery{.fraction = 0.7,
                                                 .carried = 65'500,
                                                 .nanoseconds = 750'000'000,
                                                 .sentence = "served normally again 0.75 s after "
                                                             "the change of the rate"}};
    using statistics::SweepDirection;
    const std::pair<SweepDirection, double> steps[] = {
        {SweepDirection::up, 0.1},   {SweepDirection::up, 0.3},   {SweepDirection::up, 0.5},
        {SweepDirection::up, 0.7},   {SweepDirection::up, 0.8},   {SweepDirection::up, 0.9},
        {SweepDirection::up, 0.95},  {SweepDirection::up, 1.0},   {SweepDirection::up, 1.1},
        {SweepDirection::down, 0.9}, {SweepDirection::down, 0.7}, {SweepDirection::down, 0.3}};
    std::uint32_t index = 0;
    for (const auto& [direction, fraction] : steps) {
        const double rate = fraction * sweep.ceiling;
        const json measurement = measurement_json(
            example_measurement(
                {.seed = 5, .index = index++, .rate = rate, .measurement_seconds = 5}),
            {.usability = statistics::Usability::usable, .reasons = {}}, percentiles);
        const json& metrics = measurement["metrics"];
        statistics::SweepStep step{.direction = direction,
                                   .fraction = fraction,
                                   .offered = rate,
                                   .accepted = metrics["throughput"],
                                   .p50_microseconds = metrics["batch.p50"].get<double>(),
                                   .max_microseconds = metrics.value("batch.max", 0.0),
                                   .steady = fraction <= 1};
        if (metrics.contains("batch.p99")) step.p99_microseconds = metrics["batch.p99"];
        // At 90 % the way down has the backlog of the overload before it.
        const bool late = direction == SweepDirection::down && fraction == 0.9;
        step.carried = fraction > 1 ? 65'500 : 0;
        step.served_series.assign(20, step.accepted);
        step.p99_series.assign(20, late ? 80'000 : 12'000 + 10'000 * fraction);
        sweep.steps.push_back(step);
        parts.measurements.push_back(measurement);
    }
    sweep.hysteresis = statistics::find_hysteresis(sweep.steps);
    parts.sweep = sweep;
    return result_json(parts);
}

json example_incomplete() {
    ResultParts parts = common_parts();
    parts.run.state = RunState::incomplete;
    parts.run.ended = std::nullopt;
    parts.run.name = "<script>alert(\"name\")</script> & 'more'";
    parts.run.command = {"elytractl", "bench", "--name", parts.run.name};
    parts.run.exit_code = 5;
    parts.subjects[0].path = "./</script><img src=x onerror=alert(1)>";
    const statistics::Verdict verdict{.usability = statistics::Usability::invalid,
                                      .reasons = {{.code = "member_failed",
                                                   .severity = statistics::Severity::invalid,
                                                   .text = "r1 ended: <b>disk full</b> & more"}}};
    run::MeasurementOutcome overloaded = example_measurement(
        {.seed = 7, .rate = 150'000, .capacity = 109'000, .measurement_seconds = 5});
    overloaded.cell = {{"/load/clients", "4"}, {"/load/distribution", "\"<zipfian>\""}};
    parts.measurements.push_back(measurement_json(overloaded, verdict, percentiles));
    parts.measurements.push_back(measurement_json(example_failure(1), verdict, percentiles));
    parts.verdict = verdict;
    return result_json(parts);
}

}  // namespace elytractl::report
