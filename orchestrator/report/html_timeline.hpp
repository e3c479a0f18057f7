#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// Throughput and latency of a measurement over time, the warm-up shaded, with marks for what
// happened. The numbers lie beside it as JSON for the script that makes the drawing zoomable.
std::string html_timeline(const nlohmann::json& measurement);

// CPU, memory, disk and data file of every member, and the pressure on the machine, over the same
// time.
std::string html_resources(const nlohmann::json& measurement);

}  // namespace elytractl::report
