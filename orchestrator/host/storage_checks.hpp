#pragma once

#include "orchestrator/host/finding.hpp"
#include "orchestrator/host/host_facts.hpp"

// The directory of the data files.
namespace elytractl::host {

Finding check_directory(const HostFacts& facts);
Finding check_file_system(const HostFacts& facts);
Finding check_direct_io(const HostFacts& facts);
Finding check_free_space(const HostFacts& facts);
Finding check_write_latency(const HostFacts& facts);

}  // namespace elytractl::host
