#pragma once

#include <string>

#include "server/vsr/open_fault.hpp"

namespace elytra::cli {

// Why a replica refused its data file and what the operator can do, in one line.
std::string describe_open_fault(const std::string& path, const vsr::OpenFault& fault);

}  // namespace elytra::cli
