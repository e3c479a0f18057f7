#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/report/svg_plot.hpp"

// Time series out of the {"columns", "rows"} tables of a result, with the run's clock in seconds.
namespace elytractl::report {

// A column over the time of its rows. What is missing or null is not a number and breaks a line.
std::vector<PlotPoint> points_of(const nlohmann::json& table, std::string_view column);

// A counter as what it grew by in a second.
std::vector<PlotPoint> growth_of(const nlohmann::json& table, std::string_view counter);

// Counts of intervals as events a second.
std::vector<PlotPoint> rates_of(const nlohmann::json& table, std::string_view column);

// Both summed point by point; the shorter one decides how many.
std::vector<PlotPoint> sum_of(const std::vector<PlotPoint>& left,
                              const std::vector<PlotPoint>& right);

std::vector<PlotPoint> scaled(std::vector<PlotPoint> points, double factor);

// The largest number; 0 where there is none.
double largest_of(const std::vector<PlotPoint>& points);

// A stretch of one phase, in seconds.
struct PhaseStretch {
    std::string_view phase;
    double begin = 0;
    double end = 0;
};

// The phases in the order of the rows.
std::vector<PhaseStretch> phases_of(const nlohmann::json& series);

}  // namespace elytractl::report
