#pragma once

#include "orchestrator/host/finding.hpp"
#include "orchestrator/host/host_facts.hpp"

// Memory: how much, and whether it stays where it is.
namespace elytractl::host {

Finding check_memory(const HostFacts& facts);
Finding check_swap(const HostFacts& facts);
Finding check_memlock(const HostFacts& facts);
Finding check_huge_pages(const HostFacts& facts);

}  // namespace elytractl::host
