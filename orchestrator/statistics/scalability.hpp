#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace elytractl::statistics {

// What a closed loop with so many clients served. Requires: both above 0.
struct ScalePoint {
    double clients = 0;
    double throughput = 0;  // events a second
};

// Gunther's Universal Scalability Law: clients N are served lambda N / (1 + sigma (N - 1) + kappa N
// (N - 1)).
struct Scalability {
    double lambda = 0;  // events a second of one client alone
    double sigma = 0;   // contention: the share of the work that only one can do at a time
    double kappa = 0;   // crosstalk: what every client costs every other
    double error = 0;   // largest distance of a point from the curve, as a share of the point

    double at(double clients) const;

    // The number of clients that is served most: at least 1; none where more are always better.
    std::optional<double> peak_clients() const;
};

inline constexpr std::size_t scale_points_min = 3;

// By least squares of the relative errors, with sigma and kappa not below 0. None for fewer than
// three different numbers of clients. Three points and three parameters fit exactly: more points
// are needed to tell whether the law holds.
std::optional<Scalability> fit_scalability(std::span<const ScalePoint> points);

}  // namespace elytractl::statistics
