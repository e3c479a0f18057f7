#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// The machine of a result as tables: what it is, what its kernel does about the processor's
// weaknesses, and who else used it.
std::string html_environment(const nlohmann::json& result);

}  // namespace elytractl::report
