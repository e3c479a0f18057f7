#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/common/result.hpp"

namespace elytra::io {

// The most memory this process has had resident so far.
std::uint64_t resident_bytes_max();

// Memory of the machine.
std::uint64_t physical_bytes();

// The tightest limit of the control groups this process is in, version 1 or 2; nothing where there
// is none. `root` is where /proc and /sys are found.
std::optional<std::uint64_t> cgroup_memory_limit(const std::string& root = "");

// From now on a failed allocation ends the process as a refusal with one line that names the limits
// to look at, and not with an exception.
void end_when_out_of_memory();

// Keeps pages resident once they have been touched, now and later, so that swap cannot feed back
// bytes that no checksum has seen. Not attempted where the limit is below what the process will
// ever have mapped: with the locking in force, a mapping beyond the limit would fail. The error
// text advises.
Result<void, std::string> lock_memory_on_fault(std::uint64_t bytes_mapped_max);

}  // namespace elytra::io
