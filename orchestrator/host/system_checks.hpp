#pragma once

#include "orchestrator/host/finding.hpp"
#include "orchestrator/host/host_facts.hpp"

// What the kernel and a container let us do.
namespace elytractl::host {

Finding check_io_uring(const HostFacts& facts);
Finding check_child_control(const HostFacts& facts);
Finding check_open_files(const HostFacts& facts);
Finding check_container(const HostFacts& facts);
Finding check_tracing(const HostFacts& facts);

}  // namespace elytractl::host
