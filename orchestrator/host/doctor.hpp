#pragma once

#include <span>
#include <vector>

#include "orchestrator/host/finding.hpp"
#include "orchestrator/host/host_facts.hpp"

namespace elytractl::host {

// What the facts mean for servers and for measurements, each check one finding, always in the same
// order. Decides from its argument alone.
std::vector<Finding> diagnose(const HostFacts& facts);

// Whether servers can run.
bool host_suitable(std::span<const Finding> findings);

}  // namespace elytractl::host
