#pragma once

#include <cstdint>

namespace elytra::sim {

struct SweepResult {
    std::uint64_t crash_points = 0;   // moments of the scenario at which the machine was stopped
    std::uint64_t images = 0;         // what the disk may hold then: one for each pattern
    std::uint64_t images_opened = 0;  // those that differ
    std::uint64_t ops = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t restarts = 0;
    std::uint64_t log_laps = 0;
};

// Cuts the power at every moment of formatting a file. Each image is refused as no data file or
// opens empty; the last one opens. Throws a Violation.
SweepResult sweep_format(std::uint64_t seed);

// Cuts the power at every moment of a load over several checkpoints, laps of the log and restarts.
// Each image opens, holds everything that was acknowledged by then and nothing that was not asked
// for, and serves on. Throws a Violation.
SweepResult sweep_load(std::uint64_t seed);

}  // namespace elytra::sim
