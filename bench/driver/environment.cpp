#include "bench/driver/environment.hpp"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/driver/kernel_files.hpp"
#include "server/common/int.hpp"
#include "server/io/directory.hpp"

namespace elytra::bench {
namespace {

std::uint32_t usable_cpus() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    return narrow<std::uint32_t>(CPU_COUNT(&set));
}

std::string kernel_text() {
    utsname names{};
    if (uname(&names) != 0) return {};
    return fmt::format("{} {} {}", names.sysname, names.release, names.machine);
}

std::uint64_t ram_size() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_size = sysconf(_SC_PAGESIZE);
    if (pages < 0 || page_size < 0) return 0;
    return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_size);
}

struct Mount {
    std::string source;
    std::string options;
};

// A line of mountinfo: id parent major:minor root point options [tags] - type source super-options.
Mount mount_of(const std::string& device) {
    std::ifstream file("/proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        std::string id, parent, numbers, root, point, options, field, type, source;
        fields >> id >> parent >> numbers >> root >> point >> options;
        if (numbers != device) continue;
        while (fields >> field && field != "-") continue;
        fields >> type >> source;
        return {.source = source, .options = options};
    }
    return {};
}

void read_storage(const std::string& data_path, Environment& environment) {
    struct stat status {};

    if (::stat(data_path.c_str(), &status) != 0) return;
    const std::string device = fmt::format("{}:{}", major(status.st_dev), minor(status.st_dev));
    const Mount mount = mount_of(device);
    environment.file_system = io::file_system_name(data_path);
    environment.mount_options = mount.options;
    environment.block_device = mount.source;
    // A partition has no queue of its own; its disk, one directory up, has.
    const std::string disk = "/sys/dev/block/" + device;
    environment.block_scheduler = first_line(disk + "/queue/scheduler");
    if (environment.block_scheduler.empty()) {
        environment.block_scheduler = first_line(disk + "/../queue/scheduler");
    }
}

// "some avg10=59.12 avg60=..."
std::optional<double> pressure(const std::string& resource) {
    const std::string line = first_line("/proc/pressure/" + resource);
    constexpr std::string_view label = "avg10=";
    const std::size_t at = line.find(label);
    if (at == std::string::npos) return std::nullopt;
    double percent = 0;
    const auto [end, error] =
        std::from_chars(line.data() + at + label.size(), line.data() + line.size(), percent);
    if (error != std::errc()) return std::nullopt;
    return percent;
}

nlohmann::json optional_json(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

Environment read_environment(const std::string& data_path) {
    Environment environment;
    environment.cpu_model = value_of("/proc/cpuinfo", "model name");
    environment.cpu_count = usable_cpus();
    environment.cpu_governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    environment.clock_source =
        first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    environment.kernel = kernel_text();
    environment.ram_bytes = ram_size();
    environment.huge_pages = first_line("/sys/kernel/mm/transparent_hugepage/enabled");
    read_storage(data_path, environment);
    environment.compiler = __VERSION__;
#if defined(ELYTRA_SLOW_ASSERTIONS)
    environment.assertions_slow = true;
#endif
    return environment;
}

nlohmann::json to_json(const Environment& environment) {
    return {{"cpu_model", environment.cpu_model},
            {"cpu_count", environment.cpu_count},
            {"cpu_governor", environment.cpu_governor},
            {"clock_source", environment.clock_source},
            {"kernel", environment.kernel},
            {"ram_bytes", environment.ram_bytes},
            {"huge_pages", environment.huge_pages},
            {"file_system", environment.file_system},
            {"mount_options", environment.mount_options},
            {"block_device", environment.block_device},
            {"block_scheduler", environment.block_scheduler},
            {"compiler", environment.compiler},
            {"assertions_slow", environment.assertions_slow}};
}

SystemLoad read_system_load() {
    SystemLoad load;
    if (::getloadavg(&load.load_average, 1) != 1) load.load_average = 0;
    load.pressure_cpu = pressure("cpu");
    load.pressure_io = pressure("io");
    load.pressure_memory = pressure("memory");
    return load;
}

nlohmann::json to_json(const SystemLoad& load) {
    return {{"load_average", load.load_average},
            {"pressure_cpu", optional_json(load.pressure_cpu)},
            {"pressure_io", optional_json(load.pressure_io)},
            {"pressure_memory", optional_json(load.pressure_memory)}};
}

}  // namespace elytra::bench
