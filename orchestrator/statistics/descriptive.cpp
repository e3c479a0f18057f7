#include "orchestrator/statistics/descriptive.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/normal.hpp>

#include "server/common/assert.hpp"

namespace elytractl::statistics {

double mean(std::span<const double> values) {
    ELYTRA_ASSERT(!values.empty());
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
    ELYTRA_ASSERT(!values.empty());
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double median_deviation(std::vector<double> values) {
    const double middle = median(values);
    for (double& value : values) value = std::abs(value - middle);
    return median(std::move(values));
}

double standard_deviation(std::span<const double> values) {
    if (values.size() < 2) return 0;
    const double centre = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

Line fit_line(std::span<const double> places, std::span<const double> values) {
    ELYTRA_ASSERT(places.size() == values.size());
    ELYTRA_ASSERT(places.size() >= 3);
    const double place_mean = mean(places);
    const double value_mean = mean(values);
    double spread = 0;
    double common = 0;
    for (std::size_t index = 0; index < places.size(); ++index) {
        spread += (places[index] - place_mean) * (places[index] - place_mean);
        common += (places[index] - place_mean) * (values[index] - value_mean);
    }
    ELYTRA_ASSERT(spread > 0);
    Line line;
    line.slope = common / spread;
    line.intercept = value_mean - line.slope * place_mean;
    double residuals = 0;
    for (std::size_t index = 0; index < places.size(); ++index) {
        const double residual = values[index] - line.intercept - line.slope * places[index];
        residuals += residual * residual;
    }
    line.slope_error = std::sqrt(residuals / static_cast<double>(places.size() - 2) / spread);
    return line;
}

double normal_quantile(double probability) {
    ELYTRA_ASSERT(probability > 0);
    ELYTRA_ASSERT(probability < 1);
    return boost::math::quantile(boost::math::normal(), probability);
}

double normal_probability(double value) { return boost::math::cdf(boost::math::normal(), value); }

}  // namespace elytractl::statistics
