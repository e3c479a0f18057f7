#include "orchestrator/statistics/scalability.hpp"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

using namespace elytractl::statistics;

namespace {

std::vector<ScalePoint> points_of(const Scalability& law, const std::vector<double>& clients) {
    std::vector<ScalePoint> points;
    for (const double count : clients) points.push_back({count, law.at(count)});
    return points;
}

}  // namespace

TEST_CASE("the parameters of points on the curve are found again") {
    struct Row {
        double lambda;
        double sigma;
        double kappa;
    };

    for (const Row& row : {Row{1000, 0.02, 0.0005}, Row{50'000, 0.3, 0}, Row{2e6, 0, 0.01},
                           Row{80'000, 0, 0}, Row{10, 0.9, 0.2}}) {
        CAPTURE(row.lambda);
        CAPTURE(row.sigma);
        const Scalability law{row.lambda, row.sigma, row.kappa, 0};
        for (const std::vector<double>& clients :
             {std::vector<double>{1, 4, 16}, {1, 2, 4, 8, 16, 32, 64}, {3, 10, 200, 1000}}) {
            const auto fit = fit_scalability(points_of(law, clients));
            REQUIRE(fit.has_value());
            CHECK(fit->lambda == doctest::Approx(row.lambda).epsilon(1e-6));
            CHECK(std::abs(fit->sigma - row.sigma) < 1e-6);
            CHECK(std::abs(fit->kappa - row.kappa) < 1e-8);
            CHECK(fit->error < 1e-6);
        }
    }
}

TEST_CASE("noise moves the parameters a little") {
    const Scalability law{1000, 0.05, 0.001, 0};
    elytra::Prng prng(3);
    std::vector<ScalePoint> points = points_of(law, {1, 2, 4, 8, 16, 32, 64, 128});
    for (ScalePoint& point : points) {
        point.throughput *= 0.98 + static_cast<double>(prng.below(4001)) / 1e5;
    }
    const auto fit = fit_scalability(points);
    REQUIRE(fit.has_value());
    CHECK(fit->lambda == doctest::Approx(1000).epsilon(0.05));
    CHECK(*fit->peak_clients() == doctest::Approx(*law.peak_clients()).epsilon(0.15));
    CHECK(fit->error > 0);
    CHECK(fit->error < 0.05);
}

TEST_CASE("where clients help one another more than they should, nothing is below zero") {
    const std::vector<ScalePoint> points{{1, 100}, {2, 250}, {4, 600}, {8, 1300}};
    const auto fit = fit_scalability(points);
    REQUIRE(fit.has_value());
    CHECK(fit->sigma == 0);
    CHECK(fit->kappa == 0);
    CHECK(fit->error > 0.1);
}

TEST_CASE("the peak lies where one more client serves less") {
    const Scalability law{1000, 0.05, 0.001, 0};
    const double peak = law.peak_clients().value_or(0);
    CHECK(peak == doctest::Approx(std::sqrt(950)));
    CHECK(law.at(peak) > law.at(peak - 1));
    CHECK(law.at(peak) > law.at(peak + 1));
    CHECK_FALSE(Scalability{1000, 0.05, 0, 0}.peak_clients().has_value());
    CHECK(Scalability{1000, 1.5, 0.1, 0}.peak_clients() == 1);
}

TEST_CASE("fewer than three different numbers of clients have no curve") {
    CHECK_FALSE(fit_scalability({}).has_value());
    const std::vector<ScalePoint> points{{1, 100}, {1, 110}, {4, 300}, {4, 310}};
    CHECK_FALSE(fit_scalability(points).has_value());
}
