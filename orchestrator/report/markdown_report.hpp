#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// For a comment on a change or a wiki: verdict, table of numbers, bounds, how to repeat.
std::string markdown_report(const nlohmann::json& result);

}  // namespace elytractl::report
