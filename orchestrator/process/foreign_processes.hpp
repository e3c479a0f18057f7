#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "orchestrator/run/outcome.hpp"
#include "server/common/time.hpp"

namespace elytractl::process {

// A line of /proc/PID/stat. Times in ticks of the kernel since the process began.
struct ProcessReading {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string name;               // printable; at most 15 bytes of the program's name
    bool of_kernel = false;         // a thread of the kernel
    std::uint64_t start_ticks = 0;  // with the pid: which process it is
    std::uint64_t own_ticks = 0;
    std::uint64_t reaped_ticks = 0;  // of children that have ended, and of theirs
};

// Absent where the line is none.
std::optional<ProcessReading> parse_process(std::string_view stat);

// All processes at one moment.
struct ProcessTable {
    elytra::Instant at;
    std::vector<ProcessReading> processes;
};

ProcessTable read_processes();

// Which processes other than `self`, its descendants and the kernel's own used the most processor
// time between two looks. What a child that came and went has used counts for its parent.
run::ForeignLoad foreign_load(const ProcessTable& earlier, const ProcessTable& later, pid_t self);

}  // namespace elytractl::process
