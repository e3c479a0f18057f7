#include "orchestrator/plan/plan.hpp"

#include <algorithm>
#include <cmath>

#include "server/common/assert.hpp"
#include "server/common/prng.hpp"
#include "server/common/time.hpp"

namespace elytractl::plan {

using elytra::bench::ArrivalModel;

std::uint64_t expected_nanoseconds(const Measurement& measurement) {
    std::uint64_t sum = 0;
    for (const Step& step : measurement.steps) sum += step.expected_nanoseconds;
    return sum;
}

std::uint64_t expected_nanoseconds(const Plan& plan) {
    std::uint64_t sum = 0;
    for (const Measurement& measurement : plan.measurements) {
        sum += expected_nanoseconds(measurement);
    }
    return sum;
}

std::uint64_t deadline_nanoseconds(const Plan& plan) {
    std::uint64_t sum = 0;
    for (const Measurement& measurement : plan.measurements) {
        for (const Step& step : measurement.steps) sum += step.deadline_nanoseconds;
    }
    return sum;
}

std::uint32_t environment_padding(const Plan& plan, const Measurement& measurement) {
    const std::uint64_t seed = plan.cell_of(measurement).traffic.workload.seed;
    // Steps are served by the members that the first of them has started.
    const Measurement* starting = &measurement;
    while (starting->place == Place::between || starting->place == Place::last) {
        starting = &plan.measurements[starting->index - 1];
    }
    elytra::Prng prng = elytra::Prng(seed).split(starting->index);
    return static_cast<std::uint32_t>(prng.below(environment_padding_max + 1));
}

ArrivalModel arrival_model(const Plan& plan, const Measurement& measurement) {
    if (measurement.role == Role::probe) return ArrivalModel::closed;
    if (measurement.rate_fraction.has_value()) return ArrivalModel::open;
    return plan.cell_of(measurement).traffic.arrival.model;
}

elytra::bench::TrafficOptions traffic_of(const Plan& plan, const Measurement& measurement,
                                         std::optional<double> probed) {
    elytra::bench::TrafficOptions traffic = plan.cell_of(measurement).traffic;
    if (measurement.role == Role::probe) {
        traffic.arrival = {.model = ArrivalModel::closed, .stretches = {}};
        return traffic;
    }
    if (!measurement.rate_fraction.has_value()) return traffic;
    ELYTRA_ASSERT(probed.has_value());
    const double rate = std::max(1.0, std::round(*probed * *measurement.rate_fraction));
    const auto flat = static_cast<std::uint64_t>(rate);
    traffic.arrival.model = ArrivalModel::open;
    traffic.arrival.stretches = {
        {.rate_begin = flat, .rate_end = flat, .nanoseconds = elytra::nanoseconds_per_second}};
    return traffic;
}

}  // namespace elytractl::plan
