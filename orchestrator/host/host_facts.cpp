#include "orchestrator/host/host_facts.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>

#include <linux/capability.h>
#include <linux/io_uring.h>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/driver/kernel_files.hpp"
#include "orchestrator/host/directory_probe.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::host {
namespace {

using elytra::bench::first_line;
using elytra::bench::value_of;
using elytra::io::FileDescriptor;
using nlohmann::json;

std::uint64_t kibibytes_of(std::string_view key) {
    const std::string text = value_of("/proc/meminfo", key);
    return std::strtoull(text.c_str(), nullptr, 10) * 1024;
}

bool has_word(const std::string& text, std::string_view word) {
    std::istringstream words(text);
    for (std::string one; words >> one;) {
        if (one == word) return true;
    }
    return false;
}

struct CpuTime {
    std::uint64_t total = 0;
    std::uint64_t steal = 0;
};

// "cpu  user nice system idle iowait irq softirq steal ..."
CpuTime cpu_time() {
    std::istringstream fields(first_line("/proc/stat"));
    std::string label;
    fields >> label;
    CpuTime time;
    std::uint64_t value = 0;
    for (int column = 0; column < 8 && fields >> value; ++column) {
        time.total += value;
        if (column == 7) time.steal = value;
    }
    return time;
}

int try_io_uring() {
    io_uring_params parameters{};
    const FileDescriptor ring(static_cast<int>(syscall(SYS_io_uring_setup, 4, &parameters)));
    return ring.is_open() ? 0 : errno;
}

int try_pidfd() {
    const FileDescriptor self(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
    return self.is_open() ? 0 : errno;
}

int try_parent_death_signal() {
    int signal = 0;
    return prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) == 0 ? 0 : errno;
}

std::string container_kind() {
    std::error_code error;
    if (std::filesystem::exists("/.dockerenv", error)) return "docker";
    if (std::filesystem::exists("/run/.containerenv", error)) return "podman";
    if (const std::string kind = first_line("/run/systemd/container"); !kind.empty()) return kind;
    if (std::getenv("KUBERNETES_SERVICE_HOST") != nullptr) return "kubernetes";
    return {};
}

void read_cpu(HostFacts& facts) {
    const std::string flags = value_of("/proc/cpuinfo", "flags");
    facts.aes = has_word(flags, "aes");
    facts.hypervisor = has_word(flags, "hypervisor");
}

void read_memory(HostFacts& facts) {
    facts.memory_available_bytes = kibibytes_of("MemAvailable");
    facts.swap_used_bytes = kibibytes_of("SwapTotal") - kibibytes_of("SwapFree");
}

void read_rights(HostFacts& facts) {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    facts.memlock_bytes = limit.rlim_cur;
    getrlimit(RLIMIT_NOFILE, &limit);
    facts.open_files_max = limit.rlim_cur;
    constexpr std::string_view status = "/proc/self/status";
    const std::string effective = value_of(std::string(status), "CapEff");
    const std::uint64_t capabilities = std::strtoull(effective.c_str(), nullptr, 16);
    facts.may_lock_memory = (capabilities >> CAP_IPC_LOCK & 1) != 0;
    facts.seccomp_filter = value_of(std::string(status), "Seccomp") == "2";
    const std::string tracer = value_of(std::string(status), "TracerPid");
    facts.traced = !tracer.empty() && tracer != "0";
}

json optional_json(const auto& value) { return value ? json(*value) : json(nullptr); }

json to_json(const DirectoryFacts& directory) {
    json latency;
    if (directory.latency.has_value()) {
        latency = {{"samples", directory.latency->samples},
                   {"p50_us", directory.latency->p50_us},
                   {"p99_us", directory.latency->p99_us},
                   {"max_us", directory.latency->max_us}};
    }
    return {{"path", directory.path},
            {"error", directory.error},
            {"direct_error", directory.direct_error},
            {"write_latency", std::move(latency)},
            {"free_bytes", directory.free_bytes}};
}

}  // namespace

HostFacts read_host_facts(const std::string& directory) {
    HostFacts facts;
    const CpuTime before = cpu_time();
    facts.load = elytra::bench::read_system_load();
    facts.environment = elytra::bench::read_environment(directory);
    read_cpu(facts);
    read_memory(facts);
    read_rights(facts);
    facts.io_uring_error = try_io_uring();
    facts.pidfd_error = try_pidfd();
    facts.parent_death_error = try_parent_death_signal();
    facts.container = container_kind();
    facts.directory = probe_directory(directory);
    const CpuTime after = cpu_time();
    if (after.total > before.total) {
        facts.steal_fraction = static_cast<double>(after.steal - before.steal) /
                               static_cast<double>(after.total - before.total);
    }
    return facts;
}

json to_json(const HostFacts& facts) {
    return {{"environment", elytra::bench::to_json(facts.environment)},
            {"load", elytra::bench::to_json(facts.load)},
            {"directory", to_json(facts.directory)},
            {"aes", facts.aes},
            {"hypervisor", facts.hypervisor},
            {"steal_fraction", optional_json(facts.steal_fraction)},
            {"memory_available_bytes", facts.memory_available_bytes},
            {"swap_used_bytes", facts.swap_used_bytes},
            {"memlock_bytes", facts.memlock_bytes},
            {"may_lock_memory", facts.may_lock_memory},
            {"open_files_max", facts.open_files_max},
            {"io_uring_error", facts.io_uring_error},
            {"pidfd_error", facts.pidfd_error},
            {"parent_death_error", facts.parent_death_error},
            {"container", facts.container},
            {"seccomp_filter", facts.seccomp_filter},
            {"traced", facts.traced}};
}

}  // namespace elytractl::host
