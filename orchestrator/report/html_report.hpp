#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// One file that needs no other: it opens without network, and without JavaScript but for zooming.
std::string html_report(const nlohmann::json& result);

}  // namespace elytractl::report
