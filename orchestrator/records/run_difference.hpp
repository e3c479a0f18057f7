#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::records {

// What two results differ by: every metric of the groups that both have, and what was not the same
// about plan, environment and servers. Runs that were not interleaved differ by the state of the
// machine too, so nothing is decided here.
nlohmann::json difference_json(const nlohmann::json& a, const nlohmann::json& b);

std::string difference_text(const nlohmann::json& difference);

}  // namespace elytractl::records
