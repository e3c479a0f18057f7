#include "orchestrator/process/measurement_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "server/common/time.hpp"

namespace elytractl::process {
namespace {

// A test for steadiness needs its window to be full.
std::uint64_t likely_warm_up(const MeasurementPlan& plan) {
    const spec::WarmupSpec& warmup = plan.measure.warmup;
    const std::uint64_t window = warmup.until_steady ? warmup.window_nanoseconds : 0;
    return plan.ramp_nanoseconds + std::max(warmup.minimum_nanoseconds, window);
}

}  // namespace

std::string data_folder(const MeasurementPlan& plan) {
    return fmt::format("{}/{}", plan.cluster.directory, plan.name);
}

std::vector<std::string> start_flags(const MeasurementPlan& plan) {
    std::vector<std::string> flags;
    for (const spec::StartFlag& flag : plan.cluster.start_flags) {
        flags.push_back(flag.text.empty() ? fmt::format("--{}", flag.name)
                                          : fmt::format("--{}={}", flag.name, flag.text));
    }
    const auto add_once = [&](const char* flag) {
        if (std::ranges::find(flags, flag) == flags.end()) flags.emplace_back(flag);
    };
    if (plan.elytra) add_once("--log-debug");
    // Servers of this family want it beside most flags and do not mind it beside others.
    if (!flags.empty()) add_once("--experimental");
    return flags;
}

run::RunnerOptions runner_options(const MeasurementPlan& plan) {
    const spec::WarmupSpec& warmup = plan.measure.warmup;
    // Beyond the patience of the load itself, which reports more than a deadline can.
    constexpr std::uint64_t margin = 30 * elytra::nanoseconds_per_second;
    return {.members = plan.cluster.replicas,
            .addresses = plan.addresses.empty() ? run::AddressSource::port_protocol
                                                : run::AddressSource::fixed,
            .format_timeout_nanoseconds = plan.format_timeout_nanoseconds,
            .ready_timeout_nanoseconds = plan.cluster.ready_timeout_nanoseconds,
            .setup_timeout_nanoseconds = plan.traffic.register_timeout_nanoseconds + margin,
            .drain_timeout_nanoseconds = 2 * plan.traffic.drain_timeout_nanoseconds + margin,
            .stop_timeout_nanoseconds = plan.cluster.stop_timeout_nanoseconds,
            .warm_up_end = warmup.until_steady ? run::WarmUpEnd::steady : run::WarmUpEnd::minimum,
            .ramp_nanoseconds = plan.ramp_nanoseconds,
            .warm_up_minimum_nanoseconds = warmup.minimum_nanoseconds,
            .warm_up_maximum_nanoseconds = warmup.maximum_nanoseconds,
            .steady_window_nanoseconds = warmup.window_nanoseconds,
            // The measurement begins with the next interval.
            .duration_nanoseconds =
                plan.measure.duration_nanoseconds + plan.traffic.interval_nanoseconds,
            // Marks come from the logs of our own kind only.
            .cover_checkpoints = plan.elytra ? plan.measure.cover_checkpoints : 0,
            .extension_max_nanoseconds = plan.extension_max_nanoseconds};
}

run::MeasurementAnnounced announcement(const MeasurementPlan& plan) {
    return {.index = plan.index,
            .total = plan.total,
            .subject = plan.subject,
            .cell = plan.cell,
            .rate = plan.rate,
            .repeat = plan.repeat,
            .members = plan.cluster.replicas,
            .data_folder = data_folder(plan),
            .data_bytes = plan.cluster.replicas * plan.data_file_bytes,
            .ephemeral = plan.cluster.lifetime == spec::Lifetime::ephemeral,
            .warm_up_nanoseconds = likely_warm_up(plan),
            .measurement_nanoseconds = plan.measure.duration_nanoseconds};
}

}  // namespace elytractl::process
