#pragma once

#include <string_view>

namespace elytractl::spec {

// A run file to start from: the keys that most people change, with values that suit a laptop.
std::string_view start_file();

}  // namespace elytractl::spec
