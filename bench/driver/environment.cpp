#include "bench/driver/environment.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include <fcntl.h>
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
#include "server/io/file_descriptor.hpp"

namespace elytra::bench {
namespace {

std::uint32_t usable_cpus() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    return narrow<std::uint32_t>(CPU_COUNT(&set));
}

std::uint32_t online_cpus() {
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? narrow<std::uint32_t>(count) : 0;
}

// The names in a folder of /sys; none where there is no such folder.
std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entries(folder, error);
    for (const std::filesystem::directory_iterator end; !error && entries != end;
         entries.increment(error)) {
        names.push_back(entries->path().filename().string());
    }
    return names;
}

std::uint32_t count_numa_nodes() {
    std::uint32_t count = 0;
    for (const std::string& name : names_in("/sys/devices/system/node")) {
        if (name.size() > 4 && name.starts_with("node") && std::isdigit(name[4]) != 0) ++count;
    }
    return count;
}

// One driver says what it forbids, the others what they allow.
std::string turbo_text() {
    const std::string forbidden = first_line("/sys/devices/system/cpu/intel_pstate/no_turbo");
    if (!forbidden.empty()) return forbidden == "0" ? "on" : "off";
    const std::string allowed = first_line("/sys/devices/system/cpu/cpufreq/boost");
    if (!allowed.empty()) return allowed == "0" ? "off" : "on";
    return {};
}

std::map<std::string, std::string> read_vulnerabilities() {
    const std::string folder = "/sys/devices/system/cpu/vulnerabilities";
    std::map<std::string, std::string> states;
    for (const std::string& name : names_in(folder)) {
        states[name] = first_line(folder + "/" + name);
    }
    return states;
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

std::uint64_t swap_size() {
    return std::strtoull(value_of("/proc/meminfo", "SwapTotal").c_str(), nullptr, 10) * 1024;
}

// "optimized, address sanitizer"
std::string build_text() {
#if defined(__OPTIMIZE__)
    std::string text = "optimized";
#else
    std::string text = "not optimized";
#endif
#if defined(__SANITIZE_ADDRESS__)
    text += ", address sanitizer";
#endif
#if defined(__SANITIZE_THREAD__)
    text += ", thread sanitizer";
#endif
    return text;
}

// A file system that knows no files without names, or a folder that is not ours, tells nothing.
std::optional<bool> try_direct_io(const std::string& folder) {
    const io::FileDescriptor file(
        ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_DIRECT, 0600));
    if (file.is_open()) return true;
    if (errno == EINVAL) return false;
    return std::nullopt;
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
    environment.direct_io = try_direct_io(data_path);
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

template <class Value>
nlohmann::json optional_json(const std::optional<Value>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

Environment read_environment(const std::string& data_path) {
    Environment environment;
    environment.cpu_model = value_of("/proc/cpuinfo", "model name");
    environment.cpu_count = usable_cpus();
    environment.cpu_online = online_cpus();
    environment.threads_share_cores = first_line("/sys/devices/system/cpu/smt/active") == "1";
    environment.numa_nodes = count_numa_nodes();
    environment.cpu_governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    environment.cpu_turbo = turbo_text();
    environment.clock_source =
        first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    environment.kernel = kernel_text();
    environment.kernel_command_line = first_line("/proc/cmdline");
    environment.vulnerabilities = read_vulnerabilities();
    environment.ram_bytes = ram_size();
    environment.swap_bytes = swap_size();
    environment.huge_pages = first_line("/sys/kernel/mm/transparent_hugepage/enabled");
    read_storage(data_path, environment);
    environment.control_group = read_control_group();
    environment.compiler = __VERSION__;
    environment.build = build_text();
#if defined(ELYTRA_SLOW_ASSERTIONS)
    environment.assertions_slow = true;
#endif
    return environment;
}

nlohmann::json to_json(const Environment& environment) {
    return {{"cpu_model", environment.cpu_model},
            {"cpu_count", environment.cpu_count},
            {"cpu_online", environment.cpu_online},
            {"threads_share_cores", environment.threads_share_cores},
            {"numa_nodes", environment.numa_nodes},
            {"cpu_governor", environment.cpu_governor},
            {"cpu_turbo", environment.cpu_turbo},
            {"clock_source", environment.clock_source},
            {"kernel", environment.kernel},
            {"kernel_command_line", environment.kernel_command_line},
            {"vulnerabilities", environment.vulnerabilities},
            {"ram_bytes", environment.ram_bytes},
            {"swap_bytes", environment.swap_bytes},
            {"huge_pages", environment.huge_pages},
            {"file_system", environment.file_system},
            {"mount_options", environment.mount_options},
            {"block_device", environment.block_device},
            {"block_scheduler", environment.block_scheduler},
            {"direct_io", optional_json(environment.direct_io)},
            {"control_group",
             {{"version", environment.control_group.version},
              {"cpus", optional_json(environment.control_group.cpus)},
              {"memory_bytes", optional_json(environment.control_group.memory_bytes)}}},
            {"compiler", environment.compiler},
            {"build", environment.build},
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
