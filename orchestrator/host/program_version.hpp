#pragma once

#include <string>

#include "server/common/result.hpp"

namespace elytractl::host {

// The first line that a server prints for `version`. The error tells why there is none: it cannot
// be run, fails, prints nothing, or takes longer than any server needs.
elytra::Result<std::string, std::string> program_version(const std::string& path);

}  // namespace elytractl::host
