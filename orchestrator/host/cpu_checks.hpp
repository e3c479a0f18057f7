#pragma once

#include "orchestrator/host/finding.hpp"
#include "orchestrator/host/host_facts.hpp"

// Processors: how many, how fast, how much of them is ours.
namespace elytractl::host {

Finding check_cpu(const HostFacts& facts);
Finding check_cpu_threads(const HostFacts& facts);
Finding check_cpu_quota(const HostFacts& facts);
Finding check_aes(const HostFacts& facts);
Finding check_governor(const HostFacts& facts);
Finding check_clock_source(const HostFacts& facts);
Finding check_load(const HostFacts& facts);
Finding check_pressure(const HostFacts& facts);
Finding check_steal(const HostFacts& facts);

}  // namespace elytractl::host
