#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/report/text_page.hpp"

namespace elytractl::report {

// The closing screen of a run, from its result alone: what was asked for and served, latencies with
// count and largest, what an event cost, the verdict with its reasons, bounds, and how to repeat
// it.
std::string text_report(const nlohmann::json& result, const TextStyle& style);

}  // namespace elytractl::report
