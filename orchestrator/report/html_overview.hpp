#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// Name, kind and time of the run.
std::string html_heading(const nlohmann::json& result);

// The verdict with its reasons, what went wrong, and whether the run came to its end.
std::string html_verdict(const nlohmann::json& result);

// The numbers of every series with their repeats and intervals.
std::string html_headline(const nlohmann::json& result);

std::string html_thresholds(const nlohmann::json& result);

// A row for each measurement.
std::string html_measurements(const nlohmann::json& result);

// A row for each member of each measurement.
std::string html_members(const nlohmann::json& result);

// Machine, subjects, command lines, plan: what is needed to do it again.
std::string html_reproduction(const nlohmann::json& result);

}  // namespace elytractl::report
