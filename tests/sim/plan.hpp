#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/common/limits.hpp"
#include "tests/sim/device.hpp"
#include "tests/sim/planted_bug.hpp"
#include "tests/sim/workload.hpp"

namespace elytra::sim {

// Everything that a seed decides about a run before it starts. Each dimension is drawn by itself
// and often switched off, because features that are always on hide each other (swarm testing).
struct Plan {
    std::uint64_t seed = 0;
    PlantedBug bug = PlantedBug::none;

    Limits limits;
    bool production = false;
    std::uint64_t file_size_max = 0;  // 0: the disk never runs full
    std::uint32_t clients = 1;
    std::uint32_t requests = 0;  // answered before the calm
    Workload::Options workload;
    std::uint32_t think_percent = 0;  // of turns in which an idle client does nothing

    std::uint32_t turn_milliseconds = 1;
    std::uint32_t io_per_turn_max = 4;
    std::optional<storage::IoOwner> io_starved;
    std::uint32_t work_per_turn_max = 4;
    std::uint32_t job_percent =
        0;  // of turns in which the job at hand gets on; 0: no job takes time

    std::uint32_t delay_turns_max = 0;  // of a message
    std::uint32_t loss_percent = 0;
    std::uint32_t duplicate_percent = 0;
    std::uint32_t corrupt_percent = 0;

    std::uint32_t crash_permille = 0;        // of turns
    std::uint32_t crash_busy_permille = 0;   // of turns with writes at risk
    std::uint32_t wall_step_permille = 0;    // of turns: the wall clock jumps
    std::uint32_t fault_percent = 0;         // of restarts: damaged media
    std::uint32_t write_fault_permille = 0;  // of turns: the next write of a zone goes wrong
    std::uint32_t read_fault_permille = 0;   // of turns: a place goes bad, or the next read wrong
    std::uint32_t flush_fault_permille = 0;  // of turns with a flush in flight: it fails
};

Plan plan_of(std::uint64_t seed, PlantedBug bug);

std::string to_text(const Plan& plan);

}  // namespace elytra::sim
