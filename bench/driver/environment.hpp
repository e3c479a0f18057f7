#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/driver/control_group.hpp"

namespace elytra::bench {

// What a number depends on besides the program measured. Texts are empty where the system does not
// tell.
struct Environment {
    std::string cpu_model;
    std::uint32_t cpu_count = 0;       // that this process may use
    std::uint32_t cpu_online = 0;      // of the machine
    bool threads_share_cores = false;  // SMT is on
    std::uint32_t numa_nodes = 0;      // 0: the kernel does not tell
    std::string cpu_governor;
    std::string cpu_turbo;  // "on", "off"
    std::string clock_source;
    std::string kernel;
    std::string kernel_command_line;
    std::map<std::string, std::string> vulnerabilities;  // name to what the kernel does about it
    std::uint64_t ram_bytes = 0;
    std::uint64_t swap_bytes = 0;
    std::string huge_pages;   // transparent ones: "always [madvise] never"
    std::string file_system;  // of the data file
    std::string mount_options;
    std::string block_device;
    std::string block_scheduler;
    std::optional<bool> direct_io;  // whether files there open with O_DIRECT; absent: not tried
    ControlGroup control_group;
    std::string compiler;
    std::string build;             // of this program: "optimized", "not optimized", sanitizers
    bool assertions_slow = false;  // such a build is not one to measure
};

// `data_path` is a file or directory on the file system of the data file. In a directory a file
// without a name is opened, which is gone again at once.
Environment read_environment(const std::string& data_path);

nlohmann::json to_json(const Environment& environment);

// How busy the machine is with other things. Of /proc/pressure the share of the last 10 s during
// which some task waited, in percent; absent where the kernel does not count it.
struct SystemLoad {
    double load_average = 0;  // of one minute
    std::optional<double> pressure_cpu;
    std::optional<double> pressure_io;
    std::optional<double> pressure_memory;
};

SystemLoad read_system_load();

nlohmann::json to_json(const SystemLoad& load);

}  // namespace elytra::bench
