#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// The latency at every quantile, from the merged histograms of all repeats of a series, and how it
// splits into fill, queue and service.
std::string html_latency(const nlohmann::json& result);

}  // namespace elytractl::report
