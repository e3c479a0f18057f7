#pragma once

#include <string>

#include "orchestrator/host/host_facts.hpp"

namespace elytractl::host {

// Tries what a server will do in this directory, on a temporary file that is gone afterwards.
DirectoryFacts probe_directory(const std::string& path);

}  // namespace elytractl::host
