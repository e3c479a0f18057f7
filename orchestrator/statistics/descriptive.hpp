#pragma once

#include <span>
#include <vector>

namespace elytractl::statistics {

// Requires of all here: at least one value, all finite.

double mean(std::span<const double> values);

double median(std::vector<double> values);

// The median of the distances from the median.
double median_deviation(std::vector<double> values);

// With n - 1 in the denominator; 0 for one value.
double standard_deviation(std::span<const double> values);

// Least squares. The error is that of the slope, estimated from the residuals.
struct Line {
    double intercept = 0;
    double slope = 0;
    double slope_error = 0;
};

// Requires: as many of the one as of the other, at least 3, not all at the same place.
Line fit_line(std::span<const double> places, std::span<const double> values);

// The inverse of the distribution function of the standard normal. Requires: 0 < probability < 1.
double normal_quantile(double probability);

double normal_probability(double value);

}  // namespace elytractl::statistics
