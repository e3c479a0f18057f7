#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "orchestrator/run/outcome.hpp"

namespace elytractl::process {

// All of a file of the kernel; empty where there is none.
std::string read_text(const std::string& path);

// The numbers of a line, separated by blanks; what is no number is 0.
std::vector<std::uint64_t> numbers_of(std::string_view text);

// Fields of /proc/PID/stat.
struct StatReading {
    std::uint64_t faults_minor = 0;
    std::uint64_t faults_major = 0;
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    std::uint64_t rss_pages = 0;
};

// The name of the program, which may contain anything, ends at the last parenthesis.
std::optional<StatReading> parse_stat(std::string_view text);

// The number of a "key: value" or "key value" line; 0 where there is none.
std::uint64_t field_of(std::string_view text, std::string_view key);

// What /proc says of a process now; absent where it is not there any more. The time and the size of
// the file are left to the caller.
std::optional<run::MemberSample> read_process(pid_t pid);

// The resident size of a process in which every page counts by one part in as many as share it
// (PSS). The kernel looks at every page for it: nothing to ask while something is measured. Absent
// where it does not tell.
std::optional<std::uint64_t> read_proportional_bytes(pid_t pid);

// How many processes the kernel has killed for want of memory since it was started.
std::uint64_t read_oom_kills();

// Counters of the whole machine: of /proc/stat in ticks, of /proc/pressure in microseconds.
struct HostReading {
    std::uint64_t at_nanoseconds = 0;
    std::uint64_t total = 0;
    std::uint64_t idle = 0;  // waiting for the storage is idle too
    std::uint64_t steal = 0;
    std::optional<std::uint64_t> pressure_cpu;
    std::optional<std::uint64_t> pressure_io;
    std::optional<std::uint64_t> pressure_memory;
};

// The first line of /proc/stat.
void parse_cpu_line(std::string_view line, HostReading& reading);

HostReading read_host(std::uint64_t at_nanoseconds);

run::HostSample difference(const HostReading& earlier, const HostReading& later);

}  // namespace elytractl::process
