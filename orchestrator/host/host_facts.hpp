#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/driver/environment.hpp"

namespace elytractl::host {

// A short series of durable writes of one sector, one after the other, as a log makes them.
struct WriteLatency {
    std::uint64_t samples = 0;
    std::uint64_t p50_us = 0;
    std::uint64_t p99_us = 0;
    std::uint64_t max_us = 0;
};

// What was found in the directory where data files shall lie.
struct DirectoryFacts {
    std::string path;
    int error = 0;         // errno of creating a file there; the rest is then unknown
    int direct_error = 0;  // errno of opening it with O_DIRECT
    std::optional<WriteLatency> latency;
    std::uint64_t free_bytes = 0;
};

// Everything that the checks look at, read once, so that they can be tried on machines that do not
// exist. What the system does not tell is absent or empty.
struct HostFacts {
    elytra::bench::Environment environment;
    elytra::bench::SystemLoad load;
    DirectoryFacts directory;

    bool aes = false;
    bool hypervisor = false;
    std::optional<double> steal_fraction;  // while the facts were read
    std::uint64_t memory_available_bytes = 0;
    std::uint64_t swap_used_bytes = 0;
    std::uint64_t memlock_bytes = 0;  // UINT64_MAX: no limit
    bool may_lock_memory = false;     // CAP_IPC_LOCK
    std::uint64_t open_files_max = 0;
    int io_uring_error = 0;      // errno of setting up a ring
    int pidfd_error = 0;         // errno of pidfd_open
    int parent_death_error = 0;  // errno of asking for PR_GET_PDEATHSIG
    std::string container;       // its kind; empty: none that shows
    bool seccomp_filter = false;
    bool traced = false;
};

// Creates one temporary file in `directory`, measures on it and removes it; takes up to a second.
HostFacts read_host_facts(const std::string& directory);

nlohmann::json to_json(const HostFacts& facts);

}  // namespace elytractl::host
