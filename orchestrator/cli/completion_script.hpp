#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "orchestrator/cli/command_tree.hpp"

namespace elytractl::cli {

enum class Shell : std::uint8_t { bash, zsh, fish };

// What the shell has to source.
std::string completion_script(Shell shell, std::span<const VerbWords> verbs);

}  // namespace elytractl::cli
