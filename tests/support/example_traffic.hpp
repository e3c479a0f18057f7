#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "orchestrator/run/outcome.hpp"

namespace elytractl::report {

// What an invented measurement shall look like.
struct ExampleShape {
    std::uint64_t seed = 1;
    std::uint32_t index = 0;
    std::uint32_t repeat = 0;
    std::string subject{};
    std::uint32_t members = 1;
    std::optional<double> rate{};     // offered; absent: closed loop
    double capacity = 131'000;        // events a second that the server can do
    double service_milliseconds = 9;  // of a batch, typically
    std::uint32_t measurement_seconds = 15;
};

// A measurement as it could have been, with checkpoints, a warm-up that gets better, and latencies
// that grow near the capacity. The same shape gives the same measurement.
run::MeasurementOutcome example_measurement(const ExampleShape& shape);

// The second member ended in the middle, so the measurement is not complete.
run::MeasurementOutcome example_failure(std::uint32_t index);

}  // namespace elytractl::report
