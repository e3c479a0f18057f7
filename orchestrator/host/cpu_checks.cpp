#include "orchestrator/host/cpu_checks.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace elytractl::host {
namespace {

constexpr double pressure_cpu_max = 20;  // percent of the last 10 s
constexpr double pressure_io_max = 10;
constexpr double pressure_memory_max = 1;
constexpr double load_per_cpu_max = 0.5;
constexpr double steal_fraction_max = 0.01;

}  // namespace

Finding check_cpu(const HostFacts& facts) {
    const auto& environment = facts.environment;
    Finding finding{.id = "cpu",
                    .text = fmt::format("{} CPUs ({}), kernel {}", environment.cpu_count,
                                        environment.cpu_model, environment.kernel),
                    .value = fmt::format("{}", environment.cpu_count)};
    if (environment.cpu_count < 2) {
        finding.level = Level::warn;
        finding.advice = "server and load generator share one CPU; use a machine with more";
    } else if (environment.cpu_count < 4) {
        finding.level = Level::note;
        finding.advice = "more than one replica will share CPUs with the load generator";
    }
    return finding;
}

Finding check_cpu_threads(const HostFacts& facts) {
    const bool shared = facts.environment.threads_share_cores;
    return {
        .id = "smt",
        .level = shared ? Level::note : Level::ok,
        .text = shared ? "CPUs are threads that share cores (SMT)" : "no CPUs share a core",
        .value = shared ? "on" : "off",
        .advice = shared ? "numbers vary less with `echo off > /sys/devices/system/cpu/smt/control`"
                         : ""};
}

Finding check_cpu_quota(const HostFacts& facts) {
    const std::optional<double>& cpus = facts.environment.control_group.cpus;
    if (!cpus.has_value()) {
        return {.id = "cpu_quota", .text = "no CPU quota", .value = "none"};
    }
    return {.id = "cpu_quota",
            .level = Level::warn,
            .text = fmt::format("the control group grants {:.1f} CPUs", *cpus),
            .value = fmt::format("{:.2f}", *cpus),
            .advice = "a quota stops everything for parts of 100 ms; pin CPUs instead"};
}

Finding check_aes(const HostFacts& facts) {
    if (facts.aes) return {.id = "aes", .text = "AES in hardware", .value = "yes"};
    return {.id = "aes",
            .level = Level::warn,
            .text = "no AES in hardware: checksums are computed by a slow substitute",
            .value = "no",
            .advice = "use another machine, or let the hypervisor pass the CPU's features through"};
}

Finding check_governor(const HostFacts& facts) {
    const std::string& governor = facts.environment.cpu_governor;
    if (governor.empty()) {
        return {.id = "governor",
                .level = Level::note,
                .text = fmt::format("no cpufreq driver{}",
                                    facts.hypervisor ? " (virtual machine)" : ""),
                .value = "none"};
    }
    Finding finding{
        .id = "governor", .text = fmt::format("CPU governor {}", governor), .value = governor};
    if (governor == "performance") return finding;
    finding.level = Level::warn;
    finding.advice = "the clock rate will vary; run `cpupower frequency-set -g performance`";
    return finding;
}

Finding check_clock_source(const HostFacts& facts) {
    constexpr std::array fast = {"tsc", "kvm-clock", "arch_sys_counter",
                                 "hyperv_clocksource_tsc_page"};
    const std::string& source = facts.environment.clock_source;
    Finding finding{
        .id = "clock_source", .text = fmt::format("clock source {}", source), .value = source};
    if (source.empty()) {
        finding.level = Level::note;
        finding.text = "clock source unknown";
    } else if (std::ranges::find(fast, source) == fast.end()) {
        finding.level = Level::warn;
        finding.advice = "reading the time needs a system call; boot with clocksource=tsc";
    }
    return finding;
}

Finding check_load(const HostFacts& facts) {
    const double load = facts.load.load_average;
    Finding finding{.id = "load_average",
                    .text = fmt::format("load average {:.2f}", load),
                    .value = fmt::format("{:.2f}", load)};
    if (load <= load_per_cpu_max * facts.environment.cpu_count) return finding;
    finding.level = Level::warn;
    finding.advice = "something else is running; wait or stop it";
    return finding;
}

Finding check_pressure(const HostFacts& facts) {
    const auto& load = facts.load;
    if (!load.pressure_cpu.has_value()) {
        return {
            .id = "pressure",
            .level = Level::note,
            .text = "the kernel does not count pressure (PSI)",
            .value = "unknown",
            .advice = "boot with psi=1, so that results can tell when something disturbed them"};
    }
    const double cpu = *load.pressure_cpu;
    const double io = load.pressure_io.value_or(0);
    const double memory = load.pressure_memory.value_or(0);
    const std::string value =
        fmt::format("cpu {:.1f} %, io {:.1f} %, memory {:.1f} %", cpu, io, memory);
    Finding finding{.id = "pressure", .text = "pressure (avg10) " + value, .value = value};
    if (cpu <= pressure_cpu_max && io <= pressure_io_max && memory <= pressure_memory_max) {
        return finding;
    }
    finding.level = Level::warn;
    finding.advice = "something else is running; wait or stop it";
    return finding;
}

Finding check_steal(const HostFacts& facts) {
    if (!facts.steal_fraction.has_value()) {
        return {.id = "steal", .level = Level::note, .text = "steal unknown", .value = "unknown"};
    }
    Finding finding{.id = "steal",
                    .text = fmt::format("{:.1f} % of CPU time stolen by the hypervisor",
                                        *facts.steal_fraction * 100),
                    .value = fmt::format("{:.4f}", *facts.steal_fraction)};
    if (*facts.steal_fraction <= steal_fraction_max) return finding;
    finding.level = Level::warn;
    finding.advice = "neighbours on the physical machine disturb; use a dedicated one";
    return finding;
}

}  // namespace elytractl::host
