#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "orchestrator/plan/plan_report.hpp"
#include "orchestrator/spec/units.hpp"
#include "server/common/time.hpp"

namespace elytractl::plan {
namespace {

using elytra::bench::ArrivalModel;
using elytra::bench::RateStretch;
using spec::duration_text;
using spec::percentage_text;
using spec::rate_text;

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string stretch_text(const RateStretch& stretch) {
    const std::string length = duration_text(stretch.nanoseconds);
    if (stretch.amplitude > 0) {
        return fmt::format("{} +- {} every {} for {}",
                           rate_text(static_cast<double>(stretch.rate_begin)),
                           rate_text(static_cast<double>(stretch.amplitude)),
                           duration_text(stretch.period_nanoseconds), length);
    }
    if (stretch.is_flat()) {
        return fmt::format("{} for {}", rate_text(static_cast<double>(stretch.rate_begin)), length);
    }
    return fmt::format("{} to {} in {}", rate_text(static_cast<double>(stretch.rate_begin)),
                       rate_text(static_cast<double>(stretch.rate_end)), length);
}

std::string arrival_text(const spec::Cell& cell) {
    const elytra::bench::ArrivalOptions& arrival = cell.traffic.arrival;
    if (arrival.model == ArrivalModel::closed) {
        if (arrival.think_nanoseconds == 0) return "closed loop";
        return fmt::format("closed loop, pause {}", duration_text(arrival.think_nanoseconds));
    }
    const std::string_view process =
        elytra::bench::arrival_process_names[static_cast<std::size_t>(arrival.process)];
    if (!cell.rate_fractions.empty()) {
        std::vector<std::string> fractions;
        for (const double fraction : cell.rate_fractions) {
            fractions.push_back(percentage_text(fraction));
        }
        return fmt::format("open loop, {}, {} of the maximum", process, fmt::join(fractions, ", "));
    }
    if (arrival.stretches.size() == 1 && arrival.stretches[0].is_flat()) {
        return fmt::format("open loop, {} {}", process,
                           rate_text(static_cast<double>(arrival.stretches[0].rate_begin)));
    }
    std::vector<std::string> stretches;
    for (const RateStretch& stretch : arrival.stretches) stretches.push_back(stretch_text(stretch));
    return fmt::format("open loop, {}, again and again: {}", process, fmt::join(stretches, ", "));
}

std::string mix_text(const elytra::bench::MixOptions& mix) {
    std::vector<std::string> parts;
    for (std::size_t kind = 0; kind < elytra::bench::unit_kind_count; ++kind) {
        if (mix.shares[kind] == 0) continue;
        parts.push_back(fmt::format("{} {}", percentage_text(mix.shares[kind] / 1000.0),
                                    elytra::bench::unit_kind_names[kind]));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string accounts_text(const elytra::bench::WorkloadOptions& workload) {
    if (workload.account_count_hot == 0) {
        return fmt::format("{} accounts {}", workload.account_count,
                           to_text(workload.account_distribution));
    }
    return fmt::format("{} accounts, {} of them hot with {}% of the transfers",
                       workload.account_count, workload.account_count_hot,
                       workload.transfer_hot_percent);
}

std::string cluster_text(const spec::ClusterSpec& cluster) {
    std::string text =
        fmt::format("{} of {} in {}, data files {}", plural(cluster.replicas, "member"),
                    cluster.binary, cluster.directory,
                    cluster.lifetime == spec::Lifetime::ephemeral ? "removed at the end" : "kept");
    for (const spec::StartFlag& flag : cluster.start_flags) {
        text += fmt::format(" --{}{}{}", flag.name, flag.text.empty() ? "" : "=", flag.text);
    }
    return text;
}

std::string measure_text(const spec::MeasureSpec& measure) {
    const spec::WarmupSpec& warmup = measure.warmup;
    const std::string warm_up =
        warmup.until_steady
            ? fmt::format("warm-up until steady, {} to {}",
                          duration_text(warmup.minimum_nanoseconds),
                          duration_text(warmup.maximum_nanoseconds))
            : fmt::format("warm-up of {}", duration_text(warmup.minimum_nanoseconds));
    std::string text =
        fmt::format("{}, then {}", warm_up, duration_text(measure.duration_nanoseconds));
    if (measure.cover_checkpoints != 0) {
        text += fmt::format(" with {} at least", plural(measure.cover_checkpoints, "checkpoint"));
    }
    if (!measure.observe) text += ", not observed";
    return text;
}

// "b", or "cell 2  /load/clients = 4"; empty where there is nothing to tell apart.
std::string cell_title(const Subject& subject, std::size_t index) {
    std::vector<std::string> parts;
    if (!subject.name.empty()) parts.push_back(subject.name);
    if (subject.cells.size() > 1) parts.push_back(fmt::format("cell {}", index));
    for (const auto& [pointer, value] : subject.cells[index].values) {
        parts.push_back(fmt::format("{} = {}", pointer, value));
    }
    return fmt::format("{}", fmt::join(parts, "  "));
}

std::string cells_text(const Plan& plan) {
    std::string text;
    for (const Subject& subject : plan.subjects) {
        for (std::size_t index = 0; index < subject.cells.size(); ++index) {
            const spec::Cell& cell = subject.cells[index];
            const std::string title = cell_title(subject, index);
            if (!title.empty()) text += fmt::format("\n{}\n", title);
            text += fmt::format("  cluster  {}\n  load     {}\n  measure  {}\n",
                                cluster_text(cell.cluster), load_text(cell),
                                measure_text(cell.measure));
        }
    }
    return text;
}

std::string rate_of(const Measurement& measurement) {
    if (measurement.role == Role::probe) return "closed loop, to find the maximum";
    if (measurement.rate.has_value()) return rate_text(*measurement.rate);
    if (!measurement.rate_fraction.has_value()) return {};
    return fmt::format("{} of what m{} accepts", percentage_text(*measurement.rate_fraction),
                       *measurement.probe);
}

// "m3  a  cell 2  repeat 1  92k/s  about 16s"
std::string measurement_text(const Plan& plan, const Measurement& measurement) {
    std::vector<std::string> parts{fmt::format("m{:<4}", measurement.index)};
    if (measurement.block.has_value()) parts.push_back(fmt::format("block {}", *measurement.block));
    const Subject& subject = plan.subjects[measurement.subject];
    if (!subject.name.empty()) parts.push_back(subject.name);
    if (measurement.role == Role::noise) parts.emplace_back("noise");
    if (subject.cells.size() > 1) parts.push_back(fmt::format("cell {}", measurement.cell));
    if (measurement.role == Role::measurement && plan.kind == PlanKind::bench) {
        parts.push_back(fmt::format("repeat {} of {}", measurement.repeat + 1,
                                    plan.cell_of(measurement).measure.repeat));
    }
    if (measurement.direction.has_value()) {
        parts.emplace_back(direction_names[static_cast<std::size_t>(*measurement.direction)]);
    }
    if (std::string rate = rate_of(measurement); !rate.empty()) parts.push_back(std::move(rate));
    if (measurement.place == Place::between || measurement.place == Place::last) {
        parts.emplace_back("goes on in the same cluster");
    }
    parts.push_back("about " + estimate_text(expected_nanoseconds(measurement)));
    return fmt::format("  {}\n", fmt::join(parts, "  "));
}

std::string step_text(const Step& step) {
    std::string name(step_names[static_cast<std::size_t>(step.kind)]);
    if (step.member.has_value()) name += fmt::format(" r{}", *step.member);
    const std::string expected = step.expected_nanoseconds == 0
                                     ? std::string()
                                     : "about " + estimate_text(step.expected_nanoseconds);
    return fmt::format("  {:<12} {:<12} at most {}\n", name, expected,
                       estimate_text(step.deadline_nanoseconds));
}

// "m0-m4, m7"
std::string indexes_text(const std::vector<std::uint32_t>& indexes) {
    std::vector<std::string> ranges;
    for (std::size_t begin = 0; begin < indexes.size();) {
        std::size_t end = begin;
        while (end + 1 < indexes.size() && indexes[end + 1] == indexes[end] + 1) ++end;
        ranges.push_back(begin == end ? fmt::format("m{}", indexes[begin])
                                      : fmt::format("m{}-m{}", indexes[begin], indexes[end]));
        begin = end + 1;
    }
    return fmt::format("{}", fmt::join(ranges, ", "));
}

// Each list of steps once, with all measurements that consist of it.
std::string steps_text(const Plan& plan) {
    std::vector<bool> printed(plan.measurements.size(), false);
    std::string text;
    for (const Measurement& first : plan.measurements) {
        if (printed[first.index]) continue;
        std::vector<std::uint32_t> indexes;
        for (const Measurement& other : plan.measurements) {
            if (other.steps != first.steps) continue;
            printed[other.index] = true;
            indexes.push_back(other.index);
        }
        text += fmt::format("\nsteps of {}\n", indexes_text(indexes));
        for (const Step& step : first.steps) text += step_text(step);
    }
    return text;
}

}  // namespace

std::string load_text(const spec::Cell& cell) {
    const elytra::bench::TrafficOptions& traffic = cell.traffic;
    std::string text =
        fmt::format("{}; {} in {}, batches up to {}; {}; {}", arrival_text(cell),
                    plural(traffic.clients, "client"), plural(traffic.threads, "thread"),
                    traffic.batch_max, accounts_text(traffic.workload), mix_text(traffic.mix));
    text += traffic.audit ? "; audited" : "; not audited";
    if (!cell.driver_command.empty()) text += fmt::format("; through {}", spec::driver_text(cell));
    return text;
}

std::string estimate_text(std::uint64_t nanoseconds) {
    constexpr std::uint64_t minute = 60;
    constexpr std::uint64_t hour = 60 * minute;
    const std::uint64_t tenths = nanoseconds / (elytra::nanoseconds_per_second / 10);
    const std::uint64_t seconds = tenths / 10;
    if (seconds < 10) return fmt::format("{}.{}s", seconds, tenths % 10);
    if (seconds < minute) return fmt::format("{}s", seconds);
    if (seconds < hour) return fmt::format("{}m {}s", seconds / minute, seconds % minute);
    return fmt::format("{}h {}m", seconds / hour, seconds % hour / minute);
}

std::string plan_text(const Plan& plan) {
    std::string text = fmt::format("{} \"{}\": {}, about {}, at most {}\n",
                                   plan_kind_names[static_cast<std::size_t>(plan.kind)], plan.name,
                                   plural(plan.measurements.size(), "measurement"),
                                   estimate_text(expected_nanoseconds(plan)),
                                   estimate_text(deadline_nanoseconds(plan)));
    text += cells_text(plan);
    text += "\norder\n";
    for (const Measurement& measurement : plan.measurements) {
        text += measurement_text(plan, measurement);
    }
    return text + steps_text(plan);
}

}  // namespace elytractl::plan
