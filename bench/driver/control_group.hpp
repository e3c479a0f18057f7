#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace elytra::bench {

// What the control groups that this process is in allow it and its children.
struct ControlGroup {
    std::uint32_t version = 0;                  // 1 or 2; 0: none that shows
    std::optional<double> cpus;                 // processors' worth of time; absent: no limit
    std::optional<std::uint64_t> memory_bytes;  // absent: no limit

    bool operator==(const ControlGroup&) const = default;
};

// The tightest limits of the groups and of those around them. `root` is where /proc and /sys are
// found.
ControlGroup read_control_group(const std::string& root = "");

}  // namespace elytra::bench
