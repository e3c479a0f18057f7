#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// The differences between two subjects with their intervals, against the noise floor of A/A.
std::string html_comparison(const nlohmann::json& comparison);

// Served and latency against the offered rate, up and down, with the knee.
std::string html_sweep(const nlohmann::json& sweep);

}  // namespace elytractl::report
