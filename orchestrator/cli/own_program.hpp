#pragma once

#include <string>
#include <vector>

// This very process.
namespace elytractl::cli {

// Its executable.
std::string own_path();

// Its arguments, its own name first.
std::vector<std::string> own_command();

}  // namespace elytractl::cli
